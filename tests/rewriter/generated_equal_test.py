"""Generated programs over LibTorch: rewritten, with quantizers off, they answer with the original's bits.

OCTAVO_PROGRAMS says how many, OCTAVO_CLI and OCTAVO_GENERATE where the programs are, OCTAVO_GENERATED a folder to work in.
"""
import json
import os
import pathlib
import subprocess
import sys

CLI = pathlib.Path(os.environ["OCTAVO_CLI"])
WORK = pathlib.Path(os.environ["OCTAVO_GENERATED"])
PROGRAMS, PACK = int(os.environ.get("OCTAVO_PROGRAMS", "20")), int(os.environ.get("OCTAVO_PACK", "20"))


def run(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}exit code {done.returncode}")
    return done.stdout


def toolchain():
    """The compiler with its flags, and what to link, as octavo itself finds them."""
    file = CLI.parent / "octavo.toolchain.json"
    facts = json.loads(file.read_text())
    torch = pathlib.Path(os.environ.get("OCTAVO_TORCH_ROOT") or facts["torch_root"])
    if not (torch / "include").exists():
        print(f"skipped: no LibTorch in {torch}")
        sys.exit(77)
    includes = [torch / "include", torch / "include/torch/csrc/api/include", *facts["observe_includes"]]
    flags = ["-std=c++20", "-O0", "-g1", "-fPIC", "-w", "-resource-dir", facts["resource_dir"]]
    flags += [word for folder in includes for word in ("-isystem", str(folder))]
    library = torch / "lib"
    libraries = [*facts["observe_libraries"], *(library / f"lib{name}.so" for name in ("torch", "torch_cpu", "c10")),
                 f"-Wl,-rpath,{library}", "-pthread"]
    findings = json.loads(run(CLI, "doctor", "--json"))["findings"]
    header = pathlib.Path(next(found["detail"] for found in findings if found["name"] == "precompiled header"))
    return [facts["clangxx"], *flags, *(["-include-pch", header] if header.exists() else [])], libraries


def answers(source, compiler, libraries):
    program, data = source.with_suffix(""), source.with_suffix(".answers")
    run(*compiler, "-c", source, "-o", program.with_suffix(".o"))
    run(compiler[0], program.with_suffix(".o"), "-o", program, *libraries)
    run(program, data)
    return data.read_bytes()


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    compared = 0
    for first in range(0, PROGRAMS, PACK):
        before, after = WORK / f"before{first}.cpp", WORK / f"after{first}.cpp"
        before.write_text(run(os.environ["OCTAVO_GENERATE"], first, PACK))
        # Flags after `--`, as the build's own compile_commands.json lies above.
        run(CLI, "rewrite", "--quiet", "--output", after, before, "--", "-Wno-unused")
        compiler, libraries = toolchain()  # the rewrite has made the precompiled header
        original, rewritten = answers(before, compiler, libraries), answers(after, compiler, libraries)
        if original != rewritten:
            place = next(i for i, (a, b) in enumerate(zip(original, rewritten)) if a != b)
            sys.exit(f"{before} and {after} differ from byte {place} of {len(original)}")
        if len(original) < PACK * 3 * 4 * 4 * 4:
            sys.exit(f"{before}: {len(original)} bytes are less than {PACK} answers")
        compared += PACK
        for file in WORK.glob(f"*{first}*"):
            file.unlink()
    print(f"{compared} programs answer with the same bits")


main()
