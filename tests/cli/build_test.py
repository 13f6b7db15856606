"""octavo build and its stages over the tiny model: what comes out, what is skipped, what an interruption leaves."""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import time
import unittest

from octavo import CLI, HERE, HIDDEN, WORK, Case, build_tiny, octavo, tiny_arguments, tiny_weights, write_safetensors

FILES = ["tiny.octavo.cpp", "tiny.sites.json", "tiny.diff", "tiny.observe.cpp", "tiny.observed", "tiny.graph.json",
         "tiny.tensors.safetensors", "tiny.products.json", "tiny.h", "tiny.cpp", "tiny.weights", "libtiny.a", "tiny.so", "manifest.json"]


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}


class Build(Case):
    def copy(self):
        build_tiny()
        shutil.copytree(WORK / "tiny", self.folder / "tiny", symlinks=True)
        return self.folder / "tiny"

    def test_everything_is_there(self):
        build_tiny()
        self.assertEqual([], [name for name in FILES if not (WORK / "tiny" / name).exists()])
        manifest = json.loads((WORK / "tiny" / "manifest.json").read_text())
        self.assertEqual(["B", "S"], manifest["dims"])
        self.assertEqual([{"name": "ids", "dtype": "int64", "shape": ["B", "S"]}, {"name": "mask", "dtype": "int64", "shape": ["B", "S"]}],
                         manifest["inputs"])
        self.assertEqual([{"name": "output", "dtype": "float32", "shape": ["B", "S", "16"]}], manifest["outputs"])
        self.assertGreater(manifest["sites"]["rewritten"], 0)

    def test_unchanged_rebuild_does_nothing(self):
        build_tiny()
        before = stamps(WORK / "tiny")
        done = build_tiny()
        self.assertEqual(before, stamps(WORK / "tiny"))
        self.assertEqual("", done.stderr, "no stage runs")

    def test_same_input_same_bytes(self):
        build_tiny()
        build_tiny(self.folder / "again")
        for name in ("tiny.octavo.cpp", "tiny.sites.json", "tiny.graph.json", "tiny.tensors.safetensors", "tiny.h", "tiny.cpp", "tiny.weights", "libtiny.a"):
            self.assertEqual((WORK / "tiny" / name).read_bytes(), (self.folder / "again" / name).read_bytes(), name)

    def test_precision_compiles_again_but_does_not_trace(self):
        folder = self.copy()
        build_tiny(folder)
        done = build_tiny(folder, "--precision", "fp32")
        ran = [line.split()[0] for line in done.stderr.splitlines() if line.endswith(" s")]
        self.assertEqual(["compile", "link"], ran, done.stderr)

    def test_int8_products_are_an_int8_attention(self):
        folder = self.copy()
        build_tiny(folder, "--policy", self.write("octavo.toml", '[defaults]\nmatmul = "int8"\n'))
        emitted = (folder / "tiny.cpp").read_text()
        for field in (".int8_scores = true", ".int8_context = true"):
            self.assertIn(field, emitted)
        self.assertNotIn("fake_quantize", emitted)
        inputs = self.write("in.jsonl", '{"ids": [1, 5, 9, 2, 7], "mask": [1, 1, 1, 1, 0]}\n')
        self.expect(0, octavo("compare", folder, "--reference", "observed", "--inputs", inputs, "--min-cosine", "0.99"))
        self.expect(0, octavo("compare", folder, "--isa", "--inputs", inputs))

    def test_a_changed_header_rewrites(self):
        for name in ("tiny.cpp", "tiny_config.h"):
            shutil.copy(HERE / name, self.folder)
        build_tiny()
        arguments = tiny_arguments(self.folder / "out", source=self.folder / "tiny.cpp")
        self.expect(0, octavo("build", *arguments, "--until", "rewrite"))
        self.assertEqual("", octavo("build", *arguments, "--until", "rewrite").stderr)
        header = self.folder / "tiny_config.h"
        header.write_text(header.read_text() + "// changed\n")
        done = octavo("build", *arguments, "--until", "rewrite", "--depfile", self.folder / "out.stamp.d")
        self.expect(0, done, "rewrite")
        self.assertIn(str(header), (self.folder / "out.stamp.d").read_text())

    def test_tampered_output_is_made_again(self):
        folder = self.copy()
        build_tiny(folder)
        whole = (folder / "tiny.weights").read_bytes()
        (folder / "tiny.weights").write_bytes(whole[:100])
        build_tiny(folder)
        self.assertEqual(whole, (folder / "tiny.weights").read_bytes())

    def test_weights_on_a_grid_are_kept(self):
        folder = self.copy()
        tensors = tiny_weights()
        for name in ("query", "key", "value", "output"):
            source = random.Random(name)
            # Small int8 but for a few, times a scale for each channel, in the arithmetic of float32.
            rows = [[source.choice([127, -128, 90]) if source.random() < 0.1 else source.randint(-40, 40) for _ in range(HIDDEN)]
                    for _ in range(HIDDEN)]
            values = [struct.unpack("f", struct.pack("f", scale * q))[0]
                      for row in rows for scale in [struct.unpack("f", struct.pack("f", source.uniform(0.001, 0.01)))[0]] for q in row]
            tensors[f"block.{name}.weight"] = ("F32", [HIDDEN, HIDDEN], struct.pack(f"<{len(values)}f", *values))
        arguments = tiny_arguments(folder, weights=write_safetensors(self.folder / "grid.safetensors", tensors))
        products = lambda: [m for m in json.loads((folder / "tiny.report.json").read_text())["matrices"] if m["kernel"] == "linear_s8"]
        self.expect(0, octavo("build", *arguments, "--until", "compile", "--matrices"), "exact")
        self.assertEqual({"exact"}, {m["weights"] for m in products()})
        self.assertGreater(sum(m["outliers"] for m in products()), 0)
        self.assertGreater(min(m["sqnr_db"] for m in products()), 120, "nothing but the rounding of floats")
        self.assertIn("/outliers\"", (folder / "tiny.cpp").read_text())
        policy = self.write("octavo.toml", '[defaults]\nweights = "bounded"\n')
        self.expect(0, octavo("compile", *arguments, "--policy", policy))
        self.assertEqual({("bounded", 0)}, {(m["weights"], m["outliers"]) for m in products()})
        policy = self.write("octavo.toml", '[[site]]\nmatch = "block.query"\nweights = "exat"\n')
        self.expect(4, octavo("compile", *arguments, "--policy", policy), "did you mean 'exact'?")

    def test_every_product_has_a_site_or_a_reason(self):
        done = build_tiny(self.folder / "tiny")
        self.assertIn("products: 6 of sites, 0 in float\n", done.stderr)
        listed = json.loads((self.folder / "tiny" / "tiny.products.json").read_text())["products"]
        sites = [product["sites"] for product in listed]
        self.assertIn(["block.query"], sites)
        self.assertIn(["block.scores_lhs", "block.scores_rhs"], sites)

    def test_products_in_float_are_said(self):
        source = self.write("odd.cpp", """#include <torch/torch.h>
#define LAYER(name) torch::nn::Linear name{nullptr}
struct OddImpl : torch::nn::Module {
  OddImpl() {
    conv = register_module("conv", torch::nn::Conv1d(4, 4, 1));
    hidden = register_module("hidden", torch::nn::Linear(4, 4));
    attention = register_module("mha", torch::nn::MultiheadAttention(4, 2));
  }
  torch::Tensor forward(torch::Tensor x) {
    x = conv(x.transpose(1, 2)).transpose(1, 2);
    x = torch::relu(hidden(x));
    x = std::get<0>(attention(x, x, x));
    x = torch::bmm(x,
                   x.transpose(1, 2));
    return torch::chain_matmul({x[0], x[0], x[0]});
  }
  torch::nn::Conv1d conv{nullptr};
  LAYER(hidden);
  torch::nn::MultiheadAttention attention{nullptr};
};
TORCH_MODULE(Odd);
""")
        policy = self.write("octavo.toml", '[rewrite]\nskip = ["Odd.x_*"]\n')
        write_safetensors(self.folder / "none.safetensors", {})
        arguments = [source, "--module", "Odd()", "--input", "x:float32[B,S,4]", "--policy", policy, "-o", self.folder / "out"]
        self.expect(0, octavo("build", *arguments, "--weights", self.folder / "none.safetensors", "--until", "observe"))
        weights = self.folder / "weights.safetensors"
        subprocess.run([self.folder / "out" / "odd.observed", "weights", "--input", "x:float32[B,S,4]", "--outputs", weights],
                       check=True)
        done = octavo("build", *arguments, "--weights", weights, "--until", "trace")
        self.expect(0, done, "odd.cpp:10:", "Odd.conv: a convolution", "odd.cpp:11:", "Odd.hidden: changes only together with Odd.hidden (odd.cpp:18:3), inside the macro LAYER", "odd.cpp:12:",
                    "Odd.attention: its products are in LibTorch's own forward", "Odd.x_lhs: excluded by the policy",
                    "aten.chain_matmul runs in float: no rule of the rewriter knows it", "products: 0 of sites, ")

    def test_stages_one_at_a_time(self):
        build_tiny()
        samples = self.write("samples.jsonl", '{"ids": [1, 2, 3], "mask": [1, 1, 1]}\n{"ids": [4], "mask": [1]}\n')
        arguments = tiny_arguments(self.folder / "out")
        self.expect(2, octavo("calibrate", *arguments, "--calibration", samples), "is missing")
        self.expect(0, octavo("build", *arguments, "--until", "rewrite"))
        self.expect(0, octavo("trace", *arguments))
        self.expect(0, octavo("calibrate", *arguments, "--calibration", samples))
        ranges = json.loads((self.folder / "out" / "tiny.ranges.json").read_text())
        self.assertEqual(2, ranges["samples"])
        policy = self.write("octavo.toml", '[defaults]\nactivations = "static"\n')
        self.expect(0, octavo("compile", *arguments, "--policy", policy))
        self.expect(0, octavo("compile", *arguments, "--policy", policy, "--dump-passes"), "after lower_aten")
        (self.folder / "out" / "tiny.ranges.json").unlink()
        self.expect(4, octavo("compile", *arguments, "--policy", policy), "block.query")

    def test_interrupted_build_then_a_good_one(self):
        build_tiny()
        folder = self.folder / "out"
        arguments = [str(word) for word in tiny_arguments(folder)]
        for stage in ("rewrite.json", "observe.json", "trace.json"):
            # Killed as soon as the stage's stamp is there: inside the stage that follows.
            process = subprocess.Popen([CLI, "build", *arguments], stderr=subprocess.DEVNULL, start_new_session=True)
            deadline = time.monotonic() + 120
            while not (folder / ".stamps" / stage).exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.assertFalse((folder / "manifest.json").exists())
        build_tiny(folder)
        for name in ("tiny.cpp", "tiny.weights", "libtiny.a"):
            self.assertEqual((WORK / "tiny" / name).read_bytes(), (folder / name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
