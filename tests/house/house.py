"""What the house checks share: the files of the tree."""
import pathlib
import subprocess
import sys


def root() -> pathlib.Path:
    return pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()


def files(*suffixes: str) -> list[pathlib.Path]:
    """Files that git tracks or would track, relative to the root."""
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root(),
                         check=True, capture_output=True, text=True).stdout
    return sorted(pathlib.Path(line) for line in out.splitlines()
                  if line.endswith(suffixes) and (root() / line).is_file())


def finish(problems: list[str], checked: int) -> None:
    for problem in problems:
        print(problem)
    print(f"{checked} files checked, {len(problems)} problems")
    sys.exit(1 if problems or checked == 0 else 0)
