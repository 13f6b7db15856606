"""Bad input at build time: a clear sentence, the place, the documented code, nothing half-written."""
import resource
import struct
import unittest

from octavo import HERE, HIDDEN, VOCABULARY, WORK, Case, build_tiny, floats, octavo, tiny_arguments, tiny_weights, write_safetensors

NET = {"dense.weight": floats([4, 4], "w"), "dense.bias": floats([4], "b")}


class BadModel(Case):
    def build(self, *arguments):
        done = octavo("build", *arguments)
        made = [path.name for pattern in ("*.graph.json", "*.h", "*.weights", "*.so", "manifest.json") for path in (self.folder / "out").glob(pattern)]
        self.assertEqual([], made)
        return done

    def net(self, name, code, *phrases, inputs=("x:float32[N,4]",), module="Net()"):
        weights = write_safetensors(self.folder / "net.safetensors", NET)
        done = octavo("build", *tiny_arguments(self.folder / "out", weights, inputs, module, HERE / "bad" / name))
        self.expect(code, done, *phrases)
        self.assertEqual([], list((self.folder / "out").glob("*.weights")) + list((self.folder / "out").glob("*.so")))

    def test_source_that_does_not_parse(self):
        self.net("syntax.cpp", 3, "syntax.cpp:4:14: error: no type named 'Linaer'")

    def test_value_dependent_branch(self):
        self.net("value_branch.cpp", 4, "value_branch.cpp:7")

    def test_operator_without_lowering(self):
        self.net("no_lowering.cpp", 4, "no_lowering.cpp:7", "linalg_inv")

    def test_unknown_module(self):
        build_tiny()
        done = self.build(*tiny_arguments(self.folder / "out", module="tiny::Modle(tiny::Config{})"))
        self.expect(2, done, "--module:1:7: error: no member named 'Modle'")

    def test_input_count(self):
        build_tiny()
        done = self.build(*tiny_arguments(self.folder / "out", inputs=["ids:int64[B,S]"]))
        self.expect(2, done, "forward cannot be called with 1 tensor", "fix: give one --input")

    def test_input_rank_and_dtype(self):
        build_tiny()
        rows = [["ids:int64[B]", "mask:int64[B]"], ["ids:float32[B,S]", "mask:int64[B,S]"]]
        for i, inputs in enumerate(rows):
            with self.subTest(inputs):
                self.expect(2, self.build(*tiny_arguments(self.folder / "out", inputs=inputs)), "forward does not take the declared inputs")
        self.expect(2, octavo("build", *tiny_arguments(self.folder / "out", inputs=["ids:int64[B,]", "mask:int64[B,S]"])), "ids:int64[B,]")


class BadWeights(Case):
    """One observed program serves all rows: only the trace looks at the weights."""

    def trace(self, weights, code, *phrases):
        build_tiny()
        done = octavo("build", *tiny_arguments(WORK / "bad-weights", weights))
        self.expect(code, done, *phrases)
        self.assertEqual([], list((WORK / "bad-weights").glob("*.graph.json")) + list((WORK / "bad-weights").glob("*.tensors.safetensors")))

    def changed(self, **change):
        tensors = {**tiny_weights(), **{name.replace("__", "."): value for name, value in change.items()}}
        return write_safetensors(self.folder / "w.safetensors", {k: v for k, v in tensors.items() if v is not None})

    def test_missing_extra_and_mis_shaped_are_all_listed(self):
        weights = self.changed(words__weight=None, block__query__weight=floats([HIDDEN, 4], "x"), stray=floats([2], "s"))
        self.trace(weights, 4, "words.weight", "block.query.weight", "stray", "[16, 16]", "[16, 4]")

    def test_wrong_dtype(self):
        count = VOCABULARY * HIDDEN
        self.trace(self.changed(words__weight=("I64", [VOCABULARY, HIDDEN], bytes(8 * count))), 4, "words.weight", "I64")

    def test_truncated(self):
        weights = self.changed()
        weights.write_bytes(weights.read_bytes()[:-4])
        self.trace(weights, 4, "w.safetensors")

    def test_malicious_headers(self):
        entry = '"a": {"dtype": "F32", "shape": [1], "data_offsets": [%d, %d]}'
        overlap = "{" + entry % (0, 4) + ', ' + (entry % (0, 4)).replace('"a"', '"b"') + "}"
        twice = "{" + entry % (0, 4) + ", " + entry % (4, 8) + "}"
        rows = {"length": struct.pack("<Q", 2**63) + b"{}", "past the end": struct.pack("<Q", 100) + b"{}", "not json": struct.pack("<Q", 2) + b"{{",
                "overlap": struct.pack("<Q", len(overlap)) + overlap.encode() + bytes(4), "empty": b"",
                "duplicate": struct.pack("<Q", len(twice)) + twice.encode() + bytes(8)}
        for name, content in rows.items():
            with self.subTest(name):
                path = self.folder / "w.safetensors"
                path.write_bytes(content)
                self.trace(path, 4, "w.safetensors")


class FullDisk(Case):
    def test_output_folder_that_cannot_be_made(self):
        build_tiny()
        self.expect(4, octavo("build", *tiny_arguments("/proc/out")), "/proc/out", "cannot be made")

    def test_every_size_limit_ends_in_an_error_and_a_good_build_follows(self):
        """A limit on the size of files stands for a full disk; a write beyond it fails with EFBIG."""
        build_tiny()
        whole = (WORK / "tiny" / "tiny.weights").read_bytes()
        out = self.folder / "out"
        for limit in (0, 2000, 200_000):
            def small(limit=limit):
                import signal
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            done = octavo("build", *tiny_arguments(out), preexec_fn=small)
            self.assertEqual(4, done.returncode, done.stderr)
            self.assertFalse((out / "manifest.json").exists())
        build_tiny(out)
        self.assertEqual(whole, (out / "tiny.weights").read_bytes())


if __name__ == "__main__":
    unittest.main(verbosity=2)
