"""What this machine allows Octavo's INT8 model, and how near it comes: from `octavo bench --layers`, whose probes run in
the same process (docs/profiling.md)."""
import collections
import json
import subprocess

READ_SIZE, PRODUCTS_SIZE = "1x8", "1x32"  # weights are read for few rows; products are long from 32 rows on


def layers(octavo, folder, size, threads):
    rows, columns = size.split("x")
    done = subprocess.run([octavo, "bench", folder, "--dims", f"B={rows},S={columns}", "--threads", str(threads),
                           "--layers", "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def read_ms(report):
    """To read all weights of one pass once, at the rate of a read of as many bytes or more."""
    machine = report["machine"]
    rate = next(r["gb_per_s"] for r in machine["read"] if r["bytes"] >= machine["weight_bytes"])
    return machine["weight_bytes"] / rate / 1e6


def product_shares(report):
    """{shape: share of the limit} of the INT8 products, equal shapes together."""
    taken, limit = collections.Counter(), collections.Counter()
    for layer in report["layers"]:
        if layer["kernel"].startswith("linear_s8"):
            shape = "x".join(str(n) for n in layer["shape"])
            taken[shape] += layer["min_ms"]
            limit[shape] += layer["limit_ms"]
    return {shape: limit[shape] / taken[shape] for shape in taken}


def limits(octavo, folder, threads):
    return {"read_ms": read_ms(layers(octavo, folder, READ_SIZE, threads)),
            "product_shares": product_shares(layers(octavo, folder, PRODUCTS_SIZE, 1))}
