"""Arrows go one way: runtime <- base <- {rewriter, codegen} <- cli, and each heavy dependency lives in one room."""
import re

import house

# What a room may include from the tree besides itself. Longest prefix wins.
ALLOWED = {
    "runtime": [],
    "runtime/text": ["runtime", "base"],
    "base": ["runtime"],
    "rewriter": ["base", "runtime"],
    "codegen/graph": ["base", "runtime"],
    "codegen/calibrate": ["base", "runtime", "codegen/graph"],
    "codegen/passes": ["base", "runtime", "codegen/graph", "codegen/calibrate"],
    "codegen/emit": ["base", "runtime", "codegen/graph"],
    "codegen/observe": ["base", "runtime", "codegen/graph", "codegen/calibrate"],
    "codegen": ["base", "runtime", "codegen"],
    "cli": ["base", "runtime", "rewriter", "codegen", "cli"],
    "models": ["models", "runtime", "runtime/text", "base"],  # the search program; model sources: see plain()
}
# Headers of heavy dependencies, and the only rooms that may see them.
HEAVY = {
    r"(torch|ATen|c10|caffe2)/": ["codegen/observe", "models", "tests", "bench"],
    r"(clang|llvm)/": ["rewriter", "tests/rewriter"],
    r"CLI/": ["cli"],
    r"cuda": [],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def plain(path: str, text: str) -> list[str]:
    """A model's source is plain LibTorch: whoever includes torch includes nothing of Octavo's."""
    headers = [header for _, header in INCLUDE.findall(text)]
    if not path.startswith("models/") or not any(header.startswith("torch/") for header in headers):
        return []
    return [f"{path}: a model's source may not include {header}"
            for header in headers if re.match(r"(octavo|runtime|base|codegen)/", header)]


def room_of(path: str) -> str:
    fitting = [room for room in ALLOWED if path == room or path.startswith(room + "/")]
    return max(fitting, key=len, default="")


def problems_of(path: str, text: str, tree_folders: set[str]) -> list[str]:
    found = []
    room = room_of(path)
    for quote, header in INCLUDE.findall(text):
        for pattern, rooms in HEAVY.items():
            if re.match(pattern, header) and not any(path.startswith(r + "/") for r in rooms):
                found.append(f"{path}: includes {header}, which belongs to {', '.join(rooms) or 'no room yet'}")
        first = header.split("/")[0]
        if not room or quote != '"' or first not in tree_folders:
            continue
        target = room_of(header)
        if target == room or (target and any(target == a or target.startswith(a + "/") for a in ALLOWED[room])):
            continue
        found.append(f"{path}: {room} may not include {header}")
    return found


def main() -> None:
    sources = house.files(".h", ".cpp", ".cu", ".inc", ".inl")
    folders = {str(path).split("/")[0] for path in sources}
    # The check must be able to fail.
    assert problems_of("runtime/a.cpp", '#include "codegen/graph/graph.h"', folders)
    assert problems_of("cli/a.cpp", "#include <torch/torch.h>", folders)
    assert plain("models/a.cpp", "#include <torch/torch.h>\n#include <octavo/torch.h>")
    assert not problems_of("cli/a.cpp", '#include "codegen/compile.h"', folders)
    problems = []
    for path in sources:
        text = (house.root() / path).read_text()
        problems += problems_of(str(path), text, folders) + plain(str(path), text)
    house.finish(problems, len(sources))


main()
