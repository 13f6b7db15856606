"""Runs every shell command of README.md, in order, from the root of the checkout."""
import re
import shlex
import subprocess
import sys

import house

# The command that runs this test; it cannot run inside itself.
RUN_BY_OTHERS = {"bash tests/run.sh"}


def main() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (house.root() / "README.md").read_text(), re.M | re.S)
    script = "set -euo pipefail\n"
    commands = 0
    for block in blocks:
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if line and line not in RUN_BY_OTHERS:
                script += f"echo {shlex.quote('$ ' + line)}\n{line}\n"
                commands += 1
    if commands == 0:
        sys.exit("README.md has no shell command")
    sys.exit(subprocess.run(["bash", "-c", script], cwd=house.root(), stdin=subprocess.DEVNULL).returncode)


main()
