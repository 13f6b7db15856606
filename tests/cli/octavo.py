"""What the CLI tests share: running octavo, safetensors in a few lines, and the tiny model. Standard library only.

ctest sets OCTAVO_CLI (the executable) and OCTAVO_CLI_TESTS (a folder for everything that is made).
"""
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CLI = os.environ["OCTAVO_CLI"]
WORK = pathlib.Path(os.environ["OCTAVO_CLI_TESTS"])
TINY = HERE / "tiny.cpp"
INPUTS = ["ids:int64[B,S]", "mask:int64[B,S]"]
VOCABULARY, POSITIONS, HIDDEN = 32, 64, 16
SIZES = {"F32": 4, "I64": 8}


def octavo(*arguments, **options):
    return subprocess.run([CLI, *map(str, arguments)], capture_output=True, text=True, timeout=280, **options)


def write_safetensors(path, tensors):
    """tensors: {name: (dtype, shape, bytes)}"""
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def read_safetensors(path):
    """{name: (shape, numbers)}"""
    raw = path.read_bytes()
    length = struct.unpack_from("<Q", raw)[0]
    header, result = json.loads(raw[8:8 + length]), {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        code = {"F32": "f", "I64": "q"}[entry["dtype"]]
        result[name] = (entry["shape"], struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}",
                                                      raw[8 + length + begin:8 + length + end]))
    return result


def floats(shape, seed):
    count, source = 1, random.Random(seed)
    for dim in shape:
        count *= dim
    return ("F32", shape, struct.pack(f"<{count}f", *(source.uniform(-0.5, 0.5) for _ in range(count))))


def int64s(rows):
    flat = [value for row in rows for value in row]
    return ("I64", [len(rows), len(rows[0]) if rows else 0], struct.pack(f"<{len(flat)}q", *flat))


def tiny_weights():
    tensors = {"words.weight": floats([VOCABULARY, HIDDEN], "words"), "positions.weight": floats([POSITIONS, HIDDEN], "positions")}
    for name in ("query", "key", "value", "output"):
        tensors[f"block.{name}.weight"] = floats([HIDDEN, HIDDEN], name)
        tensors[f"block.{name}.bias"] = floats([HIDDEN], name + "b")
    tensors["block.norm.weight"] = floats([HIDDEN], "gamma")
    tensors["block.norm.bias"] = floats([HIDDEN], "beta")
    return tensors


def tiny_arguments(folder, weights=None, inputs=INPUTS, module="tiny::Model(tiny::Config{})", source=TINY):
    weights = weights or WORK / "tiny.safetensors"
    return [source, "--module", module, *(word for i in inputs for word in ("--input", i)), "--weights", weights, "-o", folder]


def build_tiny(folder=WORK / "tiny", *more):
    """Builds what is not up to date, so every test file may ask for it."""
    if not (WORK / "tiny.safetensors").exists():
        write_safetensors(WORK / "tiny.safetensors", tiny_weights())
    done = octavo("build", *tiny_arguments(folder), *more)
    if done.returncode != 0:
        raise AssertionError(f"build of the tiny model: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = WORK / "scratch" / self.id().split(".", 1)[1].replace(".", "_")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def expect(self, code, done, *phrases):
        """The exit code, and each phrase somewhere in what was printed."""
        printed = done.stdout + done.stderr
        self.assertEqual(code, done.returncode, printed)
        for phrase in phrases:
            self.assertIn(phrase, printed)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path
