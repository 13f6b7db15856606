#!/usr/bin/env python3
"""Static cost of the inner loops of the INT8 kernels, for CPUs that are not at hand: docs/kernels.md, "Static figures".

    bench/mca/run.py build/release

Takes the object files of the runtime in a build folder, finds in each kernel the loop that has the most multiplies, and asks
llvm-mca-19 how many cycles one pass takes once it is running (the marginal cost between 1000 and 2000 passes). Prints a table:
multiply-accumulates are counted from the instructions.
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

# mnemonic -> multiply-accumulates of a 32-byte register
MULTIPLIES = {"vpdpbusd": 32, "vpmaddubsw": 32, "vpmaddwd": 16}
TARGETS = {
    "avx2": ["znver3", "skylake", "alderlake"],
    "avx2_lanes": ["znver3", "skylake", "alderlake"],
    "avxvnni": ["alderlake", "sapphirerapids"],
    "avx512vnni": ["icelake-server", "sapphirerapids"],
}


def instructions(objects: pathlib.Path) -> list[tuple[int, str]]:
    """(address, text) of every instruction of an object file, AT&T syntax."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", objects], check=True, capture_output=True, text=True).stdout
    return [(int(m[1], 16), m[2].split("#")[0].split("<")[0].strip())
            for m in re.finditer(r"^\s*([0-9a-f]+):\t(.*)$", text, re.M)]


def loops(code: list[tuple[int, str]]):
    """Innermost loops: from the target of a backward jump to the jump, with no other jump between."""
    index = {address: i for i, (address, _) in enumerate(code)}
    for i, (address, text) in enumerate(code):
        jump = re.match(r"j\w+\s+([0-9a-f]+)$", text)
        if not jump or int(jump[1], 16) not in index or int(jump[1], 16) > address:
            continue
        body = [t for _, t in code[index[int(jump[1], 16)]:i]]
        if not any(re.match(r"j|call|ret", t) for t in body):
            yield body


def macs(body: list[str]) -> int:
    """Of one pass. The vpmaddwd that only widens what vpmaddubsw gave does not count."""
    counted = 0
    lanes = any("vpmaddubsw" in t for t in body)
    for text in body:
        for mnemonic, each in MULTIPLIES.items():
            if mnemonic in text and not (lanes and mnemonic == "vpmaddwd"):
                counted += each * (2 if "zmm" in text else 1)
    return counted


def cycles(body: list[str], cpu: str) -> float:
    def total(iterations: int) -> int:
        with tempfile.NamedTemporaryFile("w", suffix=".s") as source:
            source.write("\n".join(t for t in body if not t.startswith(("nop", "xchg   %ax", "data16"))) + "\n")
            source.flush()
            out = subprocess.run(["llvm-mca-19", "-mtriple=x86_64", f"-mcpu={cpu}", f"-iterations={iterations}", source.name],
                                 capture_output=True, text=True)
        found = re.search(r"Total Cycles:\s+(\d+)", out.stdout)
        if found is None:
            raise SystemExit(f"llvm-mca-19 -mcpu={cpu}: {out.stderr}")
        return int(found[1])
    return (total(2000) - total(1000)) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a release build folder with the runtime in it")
    folder = parser.parse_args().build / "runtime/CMakeFiles/octavo_runtime.dir/kernels/linear_s8"
    print("| kernels of | inner loop | CPU model | cycles | MAC/cycle |\n|---|---|---|---|---|")
    for stem, cpus in TARGETS.items():
        best = max(loops(instructions(folder / f"{stem}.cpp.o")), key=macs)
        multiplies = sum(any(m in t for m in MULTIPLIES) for t in best)
        for cpu in cpus:
            spent = cycles(best, cpu)
            print(f"| `{stem}.cpp` | {len(best) + 1} instructions, {multiplies} multiplies, {macs(best)} MAC | {cpu} "
                  f"| {spent:.1f} | {macs(best) / spent:.0f} |")


if __name__ == "__main__":
    main()
