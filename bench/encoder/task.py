"""The task of task.h for competitors with a Python API: the same lines over standard input and output.

A competitor is a class with Competitor(artefact, threads), prepare(ids, mask), run() and output() [B, S, D] float32.
Building one is what `load` times, so a module imports its libraries at its top.
"""
import os
import sys
import time

import safetensors.numpy


def resident(field):
    """VmRSS or VmHWM (its peak) of this process, in MB."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field + ":"))


def serve(competitor_class, artefact, threads):
    # Libraries print what they like; the answers get a stream of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    idle = resident("VmRSS")
    competitor = None
    for line in sys.stdin:
        word, _, argument = line.strip().partition(" ")
        answer = "ok"
        if word == "load":
            begin = time.perf_counter()
            competitor = competitor_class(artefact, threads)
            answer = milliseconds_since(begin)
        elif word == "inputs":
            tensors = safetensors.numpy.load_file(argument)
            competitor.prepare(tensors["input_ids"], tensors["attention_mask"])
        elif word == "run":
            answer = " ".join(timed(competitor) for _ in range(int(argument)))
        elif word == "output":
            safetensors.numpy.save_file({"output": competitor.output()}, argument)
        elif word == "memory":
            answer = f"{resident('VmHWM'):.1f} {idle:.1f}"
        else:
            raise SystemExit(f"unknown request {word}")
        print(answer, file=answers, flush=True)


def timed(competitor):
    begin = time.perf_counter()
    competitor.run()
    return milliseconds_since(begin)


def milliseconds_since(begin):
    return f"{1000 * (time.perf_counter() - begin):.4f}"


def main(make, **competitors):
    """python -m bench.encoder.NAME make CHECKPOINT FOLDER | python -m bench.encoder.NAME COMPETITOR ARTEFACT THREADS"""
    if len(sys.argv) != 4:
        raise SystemExit(f"usage: {main.__doc__}; COMPETITOR: {' '.join(competitors)}")
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    else:
        serve(competitors[sys.argv[1]], sys.argv[2], int(sys.argv[3]))
