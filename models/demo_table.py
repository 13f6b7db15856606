"""The table at the end of demo.sh: the compiled model beside LibTorch FP32, measured now. Python's library only.

    python3 demo_table.py OCTAVO BUILD_DIR MODEL_FOLDER SAMPLES.jsonl

BUILD_DIR is what `octavo build` filled; its observed program is the patched source on LibTorch with every quantizer
off, which answers with the original's bits.
"""
import array
import json
import math
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

INPUTS = ["--input", "input_ids:int64[B,S]", "--input", "attention_mask:int64[B,S]"]
THREADS = str(len(os.sched_getaffinity(0)))


def only(folder, pattern):
    path, = folder.glob(pattern)
    return path


def write_samples(path, samples):
    """safetensors of int64 [samples, longest], padded with zeros."""
    columns = max(len(s["input_ids"]) for s in samples)
    header, data = {}, b""
    for name in ("input_ids", "attention_mask"):
        values = array.array("q", (v for s in samples for v in s[name] + [0] * (columns - len(s[name]))))
        header[name] = {"dtype": "I64", "shape": [len(samples), columns],
                        "data_offsets": [len(data), len(data) + 8 * len(values)]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_output(path):
    raw = path.read_bytes()
    length, = struct.unpack_from("<Q", raw)
    entry = json.loads(raw[8:8 + length])["output"]
    begin, end = entry["data_offsets"]
    return entry["shape"], array.array("f", raw[8 + length + begin:8 + length + end])


def sentence_vectors(path, samples):
    """Mean over the tokens, length 1."""
    (rows, columns, width), values = read_output(path)
    for row in range(rows):
        tokens = [values[(row * columns + t) * width:(row * columns + t + 1) * width]
                  for t in range(len(samples[row]["input_ids"]))]
        mean = [sum(column) for column in zip(*tokens)]
        norm = math.sqrt(sum(v * v for v in mean))
        yield [v / norm for v in mean]


class System:
    """One column of the table: the command prefixes of its `run` and `bench`, and the files it ships."""

    def __init__(self, run, bench, files):
        self.run_command, self.bench_command, self.files = run, bench, files

    def run(self, inputs, outputs):
        begin = time.perf_counter()
        subprocess.run([*self.run_command, "--inputs", inputs, "--outputs", outputs, "--threads", THREADS], check=True,
                       stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin

    def bench(self, tokens):
        done = subprocess.run([*self.bench_command, "--dims", f"B=1,S={tokens}", "--threads", THREADS], check=True,
                              stdout=subprocess.PIPE, text=True)
        result = json.loads(done.stdout)
        return result["min_ms"], result["median_ms"]

    def megabytes(self):
        return sum(f.stat().st_size for f in self.files) / 1e6


def main():
    octavo, folder, model, samples = (pathlib.Path(a).resolve() for a in sys.argv[1:5])
    samples = [json.loads(line) for line in samples.read_text().splitlines()]
    observed, weights = only(folder, "*.observed"), model / "model.safetensors"
    systems = [
        System([octavo, "run", folder], [octavo, "bench", folder, "--json"], [only(folder, "*.weights"), only(folder, "*.so")]),
        System([observed, "run", *INPUTS, "--weights", weights], [observed, "bench", *INPUTS, "--weights", weights], [weights]),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        first = first_answers(systems, scratch, samples[0])
        mean, worst = cosines(systems, scratch, samples)
    rows = [("size: weights and code" , [f"{s.megabytes():.1f} MB" for s in systems]),
            ("first answer after start", [f"{1000 * t:.0f} ms" for t in first])]
    for tokens in (32, 128):
        rows.append((f"1×{tokens}, median (min)", latencies(systems, tokens)))
    rows.append(("cosine to FP32, mean (worst)", [f"{mean:.4f} ({worst:.4f})", "1"]))

    print(f"\n{'':30}{'Octavo INT8':>22}{'LibTorch FP32':>22}")
    for name, (ours, theirs) in rows:
        print(f"{name:30}{ours:>22}{theirs:>22}")
    print(f"{THREADS} threads; cosine over the sentence vectors of {len(samples)} lines; "
          "LibTorch's size is its weights alone")


def first_answers(systems, scratch, sample):
    write_samples(scratch / "one.safetensors", [sample])
    return [min(s.run(scratch / "one.safetensors", scratch / "answer.safetensors") for _ in range(3)) for s in systems]


def cosines(systems, scratch, samples):
    write_samples(scratch / "all.safetensors", samples)
    for number, system in enumerate(systems):
        system.run(scratch / "all.safetensors", scratch / f"{number}.safetensors")
    pairs = zip(*(sentence_vectors(scratch / f"{n}.safetensors", samples) for n in range(2)))
    each = [sum(x * y for x, y in zip(a, b)) for a, b in pairs]
    return statistics.mean(each), min(each)


def latencies(systems, tokens):
    """The systems take turns, so that whatever else the machine does meets both."""
    measured = [[s.bench(tokens) for s in systems] for _ in range(3)]
    columns = [list(zip(*column)) for column in zip(*measured)]
    return [f"{statistics.median(medians):.2f} ({min(mins):.2f}) ms" for mins, medians in columns]


if __name__ == "__main__":
    main()
