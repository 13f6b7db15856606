"""Object files compiled for an instruction set define nothing that another file may define too: symbols_test.py OBJECT...

The linker keeps one copy of an inline function or template for everybody. Were it one of these, the program would die on an
older CPU (docs/adding-a-kernel.md).
"""
import subprocess
import sys

shared = []
for path in sys.argv[1:]:
    out = subprocess.run(["nm", "-C", "--defined-only", path], check=True, capture_output=True, text=True).stdout
    shared += [f"{path}: {line[19:]}" for line in out.splitlines() if line[17] in "WVuwv"]
print("\n".join(shared))
print(f"{len(sys.argv) - 1} object files, {len(shared)} definitions that could be shared")
sys.exit(1 if shared or len(sys.argv) < 15 else 0)
