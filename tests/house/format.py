"""Every C++ file is as clang-format leaves it; golden inputs and the corpus keep the formats of other people."""
import shutil
import subprocess
import sys

import house

tool = shutil.which("clang-format-19")
if tool is None:
    print("skipped: clang-format-19 is not installed")
    sys.exit(77)
sources = [path for path in house.files(".h", ".cpp") if not {"golden", "sources", "refused"} & set(path.parts)]
problems = []
for path in sources:
    run = subprocess.run([tool, "--dry-run", "--Werror", str(path)], cwd=house.root(), capture_output=True, text=True)
    if run.returncode != 0:
        problems.append(f"{path}: not formatted; run clang-format-19 -i {path}")
house.finish(problems, len(sources))
