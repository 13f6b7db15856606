"""A competitor that answers what it is told: python fake.py MILLISECONDS SCALE DIES_AFTER

Its i-th pass takes MILLISECONDS + (i mod 3), its hidden states are two tokens of [1, SCALE], and after DIES_AFTER
passes it ends with a message.
"""
import sys

import numpy
import safetensors.numpy


def main():
    milliseconds, scale, most = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    passes = 0
    for line in sys.stdin:
        word, *arguments = line.split()
        answer = "ok"
        if word == "run":
            times = [milliseconds + (passes + i) % 3 for i in range(int(arguments[0]))]
            passes += len(times)
            if passes > most:
                raise SystemExit("no more passes in me")
            answer = " ".join(map(str, times))
        elif word == "output":
            hidden = numpy.array([[[1, scale], [1, scale]]], numpy.float32)
            safetensors.numpy.save_file({"output": hidden}, arguments[0])
        print(answer, flush=True)


if __name__ == "__main__":
    main()
