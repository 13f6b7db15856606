"""MiniLM forward passes, competitor beside competitor: python run.py BIN_DIR BUILDS_DIR WEIGHTS [--threads N] [--rounds N]

Answers first: each competitor's sentence vectors against LibTorch FP32. Then times: in every round each competitor
takes its turn with a few passes, so that whatever else the machine does meets them all. Prints Markdown.
"""
import argparse
import importlib.metadata
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile

import numpy
import safetensors.numpy

SIZES = [(1, 8), (1, 32), (1, 128), (8, 128)]
WORST_COSINE = {"octavo int8": 0.98, "octavo fp32": 0.999999}


class Competitor:
    def __init__(self, *command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args} ended with code {self.process.wait()}")
        return answer

    def times(self, passes):
        return [float(t) for t in self.ask("run", passes).split()]


def write_inputs(path, rows, columns):
    ids = numpy.random.default_rng(rows * columns).integers(1000, 30000, (rows, columns), dtype=numpy.int64)
    ids[:, 0], ids[:, -1] = 101, 102
    safetensors.numpy.save_file({"input_ids": ids, "attention_mask": numpy.ones_like(ids)}, path)


def vectors(competitor, folder):
    answer = folder / "output.safetensors"
    competitor.ask("run", 1)
    competitor.ask("output", answer)
    mean = safetensors.numpy.load_file(answer)["output"].astype(numpy.float64).mean(1)
    return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("binaries", "builds", "weights"):
        arguments.add_argument(name, type=pathlib.Path)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--octavo-version", default="octavo")
    a = arguments.parse_args()
    field = {
        "libtorch fp32": Competitor(a.binaries / "bench_minilm_libtorch_fp32", a.weights, a.threads),
        "octavo fp32": Competitor(a.binaries / "bench_minilm_octavo", a.builds / "minilm-fp32", a.threads),
        "octavo int8": Competitor(a.binaries / "bench_minilm_octavo", a.builds / "minilm-int8", a.threads),
    }
    print(f"""# Results

Made by `bash bench/run.sh`, which first checks that the answers agree.

## MiniLM-L6, one forward pass

{machine()}; LibTorch {importlib.metadata.version("torch")}; {a.octavo_version}, instruction set
{os.environ.get("OCTAVO_ISA", "chosen by the CPU")}. {a.threads} threads, {a.rounds} rounds of 5 passes in turn; milliseconds, minimum and
median; speed-up is LibTorch's median over this one's. The cosine is the worst sentence's, to LibTorch FP32.
""")
    print("| B×S | competitor | worst cosine | min | median | speed-up |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rows, columns in SIZES:
            compare(field, pathlib.Path(folder), rows, columns, a.rounds)


def compare(field, folder, rows, columns, rounds):
    inputs = folder / "inputs.safetensors"
    write_inputs(inputs, rows, columns)
    for competitor in field.values():
        competitor.ask("inputs", inputs)
    answers = {name: vectors(competitor, folder) for name, competitor in field.items()}
    cosine = {name: (v * answers["libtorch fp32"]).sum(1).min() for name, v in answers.items()}
    for name, least in WORST_COSINE.items():
        if cosine[name] < least:
            raise SystemExit(f"{name} answers differently: cosine {cosine[name]:.6f} < {least}")
    for competitor in field.values():
        competitor.times(3)  # warm
    times = {name: [] for name in field}
    for _ in range(rounds):
        for name, competitor in field.items():
            times[name] += competitor.times(5)
    base = statistics.median(times["libtorch fp32"])
    for name, list_of_times in times.items():
        median = statistics.median(list_of_times)
        print(f"| {rows}×{columns} | {name} | {cosine[name]:.6f} | {min(list_of_times):.2f} | {median:.2f} | {base / median:.2f} |",
              flush=True)


if __name__ == "__main__":
    main()
