"""Every output of operators.cpp, compiled, against LibTorch, at sizes that no probe of the trace has seen."""
import os
import pathlib
import subprocess
import sys
import unittest

try:
    import numpy
    import safetensors.numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

HERE = pathlib.Path(__file__).parent
WORK = pathlib.Path(os.environ["OCTAVO_OPERATOR_TESTS"])
OCTAVO = os.environ["OCTAVO_CLI"]
INPUTS = {"x": "x:float32[B,S,8]", "y": "y:float32[B,S,8]", "n": "n:int64[B,S,8]"}
SIZES = ((1, 1), (2, 3), (3, 12), (5, 1), (2, 16))
# Of the largest value of an output: the functions are within a few units in the last place (docs/numerics.md), sums of up to
# 64 terms within 64 roundings.
TOLERANCE = 64 * 2.0**-24


def octavo(*words):
    return subprocess.run([OCTAVO, *map(str, words)], capture_output=True, text=True, timeout=600, check=False)


def weights():
    random = numpy.random.default_rng(1)
    shapes = {"linear.weight": (5, 8), "linear.bias": 5, "bare.weight": (3, 8), "mixing": (8, 4), "bilinear.weight": (2, 8, 8),
              "bilinear.bias": 2, "conv.weight": (6, 8, 3), "conv.bias": 6, "strided.weight": (4, 4, 2),
              "strided.bias": 4, "dilated.weight": (8, 1, 3), "patches.weight": (4, 1, 1, 4), "patches.bias": 4,
              "layer_norm.weight": 8, "layer_norm.bias": 8, "group_norm.weight": 8, "group_norm.bias": 8,
              "batch_norm.weight": 8, "batch_norm.bias": 8, "batch_norm.running_mean": 8, "batch_norm.running_var": 8}
    tensors = {name: random.standard_normal(shape).astype(numpy.float32) for name, shape in shapes.items()}
    tensors["batch_norm.running_var"] = numpy.abs(tensors["batch_norm.running_var"]) + 0.5
    tensors["batch_norm.num_batches_tracked"] = numpy.array(3)
    return tensors


def inputs(names, batch, length):
    """Floats in steps of 1/8 about 0, so that rounding and comparing meet equal values and halves; integers from -9 to 9."""
    random = numpy.random.default_rng(100 * batch + length)
    made = {}
    for name in names:
        values = random.integers(-24, 25, (batch, length, 8))
        made[name] = (values / 8).astype(numpy.float32) if name != "n" else values % 19 - 9
    return made


class Operators(unittest.TestCase):
    def check(self, module, names, parameters=None):
        folder = WORK / module
        folder.mkdir(parents=True, exist_ok=True)
        safetensors.numpy.save_file(parameters or {}, folder / "weights.safetensors")
        arguments = [word for name in names for word in ("--input", INPUTS[name])]
        done = octavo("build", HERE / "operators.cpp", "--module", f"{module}()", *arguments, "--weights",
                      folder / "weights.safetensors", "--precision", "fp32", "-o", folder / "out")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        for batch, length in SIZES:
            given = folder / f"{batch}x{length}.safetensors"
            safetensors.numpy.save_file(inputs(names, batch, length), given)
            done = octavo("run", folder / "out", "--inputs", given, "--outputs", folder / "compiled.safetensors")
            self.assertEqual(0, done.returncode, f"{batch}x{length}: {done.stdout}{done.stderr}")
            observed = subprocess.run([folder / "out" / "operators.observed", "run", *arguments, "--weights", folder / "weights.safetensors",
                                       "--inputs", given, "--outputs", folder / "torch.safetensors"],
                                      capture_output=True, text=True, check=False)
            self.assertEqual(0, observed.returncode, observed.stderr)
            self.compare(f"{module} {batch}x{length}", safetensors.numpy.load_file(folder / "compiled.safetensors"),
                         safetensors.numpy.load_file(folder / "torch.safetensors"))

    def compare(self, where, compiled, expected):
        self.assertEqual(set(expected), set(compiled), where)
        for name, reference in sorted(expected.items()):
            with self.subTest(f"{where} {name}"):
                self.assertEqual(reference.shape, compiled[name].shape)
                self.assertEqual(reference.dtype, compiled[name].dtype)
                if reference.dtype != numpy.float32:
                    numpy.testing.assert_array_equal(compiled[name], reference)
                elif reference.size:
                    finite = numpy.abs(reference[numpy.isfinite(reference)])
                    scale = max(1.0, finite.max()) if finite.size else 1.0
                    numpy.testing.assert_allclose(compiled[name], reference, rtol=0, atol=TOLERANCE * scale)

    def test_arithmetic(self):
        self.check("Arithmetic", "xyn")

    def test_comparisons(self):
        self.check("Comparisons", "xyn")

    def test_activations(self):
        self.check("Activations", "x")

    def test_reductions(self):
        self.check("Reductions", "xn")

    def test_movement(self):
        self.check("Movement", "xn")

    def test_indexing(self):
        self.check("Indexing", "xn")

    def test_selection(self):
        self.check("Selection", "xn")

    def test_strided(self):
        random = numpy.random.default_rng(2)
        shapes = {"first.weight": (6, 8, 3), "first.bias": 6, "second.weight": (4, 6, 3), "second.bias": 4,
                  "patches.weight": (4, 1, 1, 4), "patches.bias": 4, "image.weight": (3, 2, 3, 3), "image.bias": 3}
        self.check("Strided", "x", {name: random.standard_normal(shape).astype(numpy.float32) for name, shape in shapes.items()})

    def test_tied_heads_keep_one_int8_table(self):
        folder = WORK / "Tied"
        folder.mkdir(parents=True, exist_ok=True)
        table = numpy.random.default_rng(3).standard_normal((24, 32)).astype(numpy.float32)
        safetensors.numpy.save_file({"wte.weight": table}, folder / "weights.safetensors")
        arguments = ["--input", INPUTS["n"], "--weights", folder / "weights.safetensors"]
        done = octavo("build", HERE / "operators.cpp", "--module", "Tied()", *arguments, "-o", folder / "out")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        # Panels, offset and scale of the product; no rows of an embedding, no second matrix.
        file = (folder / "out" / "operators.weights").read_bytes()
        sections = int.from_bytes(file[40:44], "little")
        begin = 64 + 40 * sections
        names = file[begin:int.from_bytes(file[32:40], "little")]
        self.assertEqual(b"wte.weight/panelswte.weight/offsetwte.weight/scale", names)
        given = folder / "ids.safetensors"
        safetensors.numpy.save_file(inputs("n", 3, 5), given)
        self.assertEqual(0, octavo("run", folder / "out", "--inputs", given, "--outputs", folder / "int8.safetensors").returncode)
        compiled = safetensors.numpy.load_file(folder / "int8.safetensors")
        ids = inputs("n", 3, 5)["n"] % 24
        rows = table[ids]
        logits = rows.sum(2) @ table.T
        for name, exact in (("output.0", logits), ("output.1", logits), ("output.2", logits), ("output.3", rows)):
            got = compiled[name]
            cosine = (got * exact).sum() / numpy.sqrt((got * got).sum() * (exact * exact).sum())
            self.assertGreater(cosine, 0.999, name)
        numpy.testing.assert_array_equal(compiled["output.0"], compiled["output.2"])

    def test_products(self):
        self.check("Products", "xy", weights())


if __name__ == "__main__":
    unittest.main(verbosity=2)
