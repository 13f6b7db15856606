"""Measures encoders, competitor beside competitor, and writes what it saw as JSON: python -m bench.encoder.measure

Answers first: each competitor's token vectors against PyTorch FP32's. Then times: in every round each competitor takes
its turn with a few passes, so that whatever else the machine does meets them all. One process a competitor.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

from bench.encoder.bars import LEAST_COSINE
from bench.encoder.cell import Group, first_answers, measure_cell, write_inputs
from bench.encoder.field import FIELD, Missing, Place
from bench.encoder.limits import limits
from bench.encoder.models import MODELS, checkpoint
from bench.encoder.process import Died, Process, say

SIZES = ("1x8", "1x32", "1x128", "8x128", "1x512")
FIRST_SIZE = "1x32"  # of the first answer after a start
START_SECONDS = 4    # what a start of one competitor takes, for the estimate


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {len(os.sched_getaffinity(0))} CPUs"


class Results:
    """A file that is complete after every cell, so that a run that was cut can go on."""

    def __init__(self, path, resume):
        self.path = path
        self.data = {"cells": {}, "starts": {}, "limits": {}, "versions": {}, "missing": {}, "load": []}
        if resume and path.exists():
            self.data = json.loads(path.read_text())
        self.data["machine"] = machine()
        self.data["isa"] = os.environ.get("OCTAVO_ISA", "the CPU's best")

    def save(self):
        temporary = self.path.with_suffix(".part")
        temporary.write_text(json.dumps(self.data, indent=1))
        temporary.rename(self.path)


class Bench:
    def __init__(self, options, results):
        self.options, self.results = options, results
        self.place = Place(options.octavo, options.binaries, options.cache)

    def ready(self, key):
        """The competitors that can run this model, made."""
        folder = checkpoint(key, self.place.cache, self.options.minilm)
        names = []
        for name in self.options.competitors:
            try:
                self.results.data["versions"][name] = FIELD[name].version(self.place)
                say(f"{key}: {FIELD[name].title}")
                FIELD[name].make(key, folder, self.place)
                names.append(name)
                self.results.data["missing"].pop(f"{name} {key}", None)
            except Missing as error:
                self.results.data["missing"][f"{name} {key}"] = str(error)
                say(f"  left out: {error}")
            except subprocess.CalledProcessError as error:
                self.results.data["missing"][f"{name} {key}"] = f"could not be made, exit code {error.returncode}"
                say(f"  left out: could not be made: {error}")
        return folder, names

    def start(self, name, key, folder, threads):
        command = FIELD[name].command(key, folder, self.place, threads)
        return Process(command, self.place.cache / key / "log" / f"{name}.txt")

    def model(self, key):
        wanted = [f"{key} {t} {s}" for t in self.options.threads for s in self.options.sizes]
        if all(cell in self.results.data["cells"] for cell in wanted) and key in self.results.data["starts"]:
            return
        folder, names = self.ready(key)
        with tempfile.TemporaryDirectory() as scratch:
            self.starts(key, folder, names, pathlib.Path(scratch))
            self.limits(key, names)
            for threads in self.options.threads:
                self.threads(key, folder, names, threads, pathlib.Path(scratch))

    def starts(self, key, folder, names, scratch):
        if key in self.results.data["starts"]:
            return
        inputs = write_inputs(scratch / "first.safetensors", FIRST_SIZE)
        starts = {}
        for name in names:
            try:
                starts[name] = first_answers(lambda: self.start(name, key, folder, self.options.threads[0]), inputs,
                                             self.options.starts)
                starts[name]["disk"] = sum(p.stat().st_size for p in self.shipped(name, key, folder)) / 1e6
            except Died as error:
                say(f"  {name}: {error}")
        self.results.data["starts"][key] = starts
        self.results.save()

    def limits(self, key, names):
        if "octavo-int8" in names and key not in self.results.data["limits"]:
            folder = FIELD["octavo-int8"].folder(key, self.place)
            self.results.data["limits"][key] = limits(self.place.octavo, folder, self.options.threads[0])
            self.results.save()

    def shipped(self, name, key, folder):
        for path in FIELD[name].shipped(key, folder, self.place):
            yield from (p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]

    def threads(self, key, folder, names, threads, scratch):
        sizes = [s for s in self.options.sizes if f"{key} {threads} {s}" not in self.results.data["cells"]]
        if not sizes:
            return
        group = Group(dict.fromkeys(names), {})
        group.running = group.each(lambda name, _: self.start(name, key, folder, threads))
        group.each(lambda name, process: process.ask("load"))
        for size in sizes:
            begin = time.monotonic()
            self.results.data["load"].append(os.getloadavg()[0])
            cell = measure_cell(group, size, scratch, self.options.seconds, self.options.rounds)
            for name in cell.keys() & LEAST_COSINE.keys():
                cosine = cell[name]["cosine"]
                if cosine < LEAST_COSINE[name]:
                    raise SystemExit(f"{name} answers differently: cosine {cosine:.6f} < {LEAST_COSINE[name]}")
            self.results.data["cells"][f"{key} {threads} {size}"] = cell
            self.results.save()
            best = ", ".join(f"{name} {values['min']:.2f}" for name, values in cell.items())
            say(f"{key}, {threads} threads, {size}: {best} ms ({time.monotonic() - begin:.0f} s)")
        if threads == self.options.threads[0]:
            memory = group.each(lambda name, process: process.numbers("memory"))
            for name, numbers in memory.items():
                self.results.data["starts"][key].setdefault(name, {})["memory"] = numbers
        for name, reason in group.missing.items():
            self.results.data["missing"][f"{name} {key}"] = reason
        self.results.save()
        group.close()


def words(choices):
    def parse(text):
        chosen = text.split(",")
        unknown = [word for word in chosen if word not in choices]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]}: choose from {','.join(choices)}")
        return chosen
    return parse


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__.splitlines()[0])
    place = parser.add_argument_group("set by bench/run.sh")
    for name in ("octavo", "binaries", "cache", "minilm", "results"):
        place.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=words(list(MODELS)), default=list(MODELS))
    parser.add_argument("--sizes", type=words(SIZES), default=list(SIZES))
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",")], default=[2, 1])
    parser.add_argument("--competitors", type=words(list(FIELD)), default=list(FIELD))
    parser.add_argument("--seconds", type=float, default=15, help="for one size of one model (at least 6 rounds)")
    parser.add_argument("--rounds", type=int, help="instead of --seconds")
    parser.add_argument("--starts", type=int, default=3, help="processes that measure the load")
    parser.add_argument("--resume", action="store_true", help="keep what the last run measured")
    return parser.parse_args()


def main():
    options = parse_options()
    # In the field's order, and never without the first, whose answers the others' are compared with.
    options.competitors = [name for i, name in enumerate(FIELD) if i == 0 or name in options.competitors]
    results = Results(options.results, options.resume)
    cells = len(options.models) * len(options.threads) * len(options.sizes)
    starts = len(options.models) * len(options.competitors) * (options.starts + len(options.threads))
    minutes = (cells * (options.seconds + 5) + starts * START_SECONDS) / 60
    say(f"{cells} tables of times, {starts} starts: about {minutes:.0f} minutes, and the models once more")
    for key in options.models:
        Bench(options, results).model(key)


if __name__ == "__main__":
    main()
