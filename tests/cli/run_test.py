"""octavo run, bench and compare over the tiny model, and what they refuse."""
import json
import shutil
import unittest

from octavo import WORK, Case, build_tiny, int64s, octavo, read_safetensors, write_safetensors

TINY_DIR = WORK / "tiny"
LINES = '{"ids": [1, 2, 3, 4], "mask": [1, 1, 1, 0]}\n{"ids": [9, 8], "mask": [1, 1]}\n'


class Run(Case):
    def setUp(self):
        super().setUp()
        build_tiny()

    def run_lines(self, text, code, *phrases):
        answers = self.folder / "answers.safetensors"
        self.expect(code, octavo("run", TINY_DIR, "--inputs", self.write("in.jsonl", text), "--outputs", answers), *phrases)
        self.assertEqual(code == 0, answers.exists())
        return answers

    def test_one_sample_is_named_as_the_output(self):
        answer = read_safetensors(self.run_lines(LINES.splitlines()[0], 0))
        self.assertEqual(["output"], list(answer))
        self.assertEqual([1, 4, 16], answer["output"][0])

    def test_several_samples_are_numbered_and_alone_equals_in_a_batch(self):
        answers = read_safetensors(self.run_lines(LINES, 0))
        self.assertEqual({"output/0": [1, 4, 16], "output/1": [1, 2, 16]}, {name: shape for name, (shape, _) in answers.items()})
        batch = write_safetensors(self.folder / "batch.safetensors", {"ids": int64s([[9, 8], [5, 6]]), "mask": int64s([[1, 1], [1, 1]])})
        both = self.folder / "both.safetensors"
        self.expect(0, octavo("run", TINY_DIR, "--inputs", batch, "--outputs", both, "--threads", 1))
        shape, numbers = read_safetensors(both)["output"]
        self.assertEqual([2, 2, 16], shape)
        self.assertEqual(answers["output/1"][1], numbers[:32])

    def test_refusals(self):
        rows = [('{"ids": [1, 32], "mask": [1, 1]}', "32"), ('{"ids": [-1], "mask": [1]}', "-1"),
                ('{"ids": [%s1], "mask": [%s1]}' % ("1, " * 64, "1, " * 64), "S <= 64"),
                ('{"ids": [1, 2], "mask": [1]}', "mask"), ('{"ids": [1]}', "mask"), ('{"ids": [1.5], "mask": [1]}', "ids"),
                ('{"ids": [[1]], "mask": [[1]]}', "ids"), ("not json", "in.jsonl:1"), ("", "in.jsonl")]
        for text, phrase in rows:
            with self.subTest(text):
                self.run_lines(text, 4, phrase)

    def test_the_line_of_a_refused_sample(self):
        self.run_lines(LINES + '{"ids": [99], "mask": [1]}\n', 4, "in.jsonl:3", "99")

    def test_empty_batch(self):
        empty = write_safetensors(self.folder / "empty.safetensors", {"ids": ("I64", [0, 3], b""), "mask": ("I64", [0, 3], b"")})
        self.expect(4, octavo("run", TINY_DIR, "--inputs", empty, "--outputs", self.folder / "x.safetensors"), "error: ")

    def test_full_disk(self):
        inputs = self.write("in.jsonl", LINES)
        self.expect(4, octavo("run", TINY_DIR, "--inputs", inputs, "--outputs", "/proc/answers.safetensors"), "/proc/answers.safetensors")

    def test_weights_of_another_model_damaged_and_missing(self):
        inputs = self.write("in.jsonl", LINES)
        other = self.folder / "fp32"
        build_tiny(other, "--precision", "fp32")
        whole = (other / "tiny.weights").read_bytes()
        flipped = bytearray((TINY_DIR / "tiny.weights").read_bytes())
        flipped[-5] ^= 1
        rows = [(whole, "build"), (bytes(flipped), ""), ((TINY_DIR / "tiny.weights").read_bytes()[:-64], ""), (b"", ""), (None, "tiny.weights")]
        folder = self.folder / "copy"
        shutil.copytree(TINY_DIR, folder)
        for content, phrase in rows:
            (folder / "tiny.weights").unlink(missing_ok=True)
            if content is not None:
                (folder / "tiny.weights").write_bytes(content)
            done = octavo("run", folder, "--inputs", inputs, "--outputs", self.folder / "x.safetensors")
            self.expect(4, done, "tiny.weights", phrase)

    def test_isa(self):
        inputs = self.write("in.jsonl", LINES)
        self.expect(4, octavo("run", TINY_DIR, "--inputs", inputs, "--outputs", self.folder / "x", "--isa", "avx9000"), "avx9000")

    def test_bench(self):
        report = json.loads(octavo("bench", TINY_DIR, "--dims", "B=2,S=5", "--threads", 1, "--runs", 7, "--json").stdout)
        self.assertLessEqual({"dims", "threads", "runs", "min_ms", "median_ms", "load_ms", "peak_mb"}, set(report))
        self.assertEqual(({"B": 2, "S": 5}, 1, 7), (report["dims"], report["threads"], report["runs"]))
        self.expect(2, octavo("bench", TINY_DIR, "--dims", "B=2"), "S")
        self.expect(4, octavo("bench", TINY_DIR, "--dims", "B=2,S=65"), "S <= 64")

    def test_compare_with_the_observed_program(self):
        inputs = self.write("in.jsonl", LINES)
        done = octavo("compare", TINY_DIR, "--reference", "observed", "--inputs", inputs, "--min-cosine", "0.99", "--json")
        self.expect(0, done)
        report = json.loads(done.stdout)
        self.assertEqual(["output"], [row["name"] for row in report["outputs"]])
        layers = {row["name"]: row for row in report["layers"]}
        # block.output is shown behind the fused gelu, and compared with gelu of what the original shows.
        for site in ("block.query", "block.key", "block.value", "block.output"):
            self.assertGreater(layers[site]["sqnr_db"], 20, site)
        self.expect(1, octavo("compare", TINY_DIR, "--reference", "observed", "--inputs", inputs, "--min-cosine", "1"), "is below")

    def test_compare_with_itself_and_across_instruction_sets(self):
        inputs = self.write("in.jsonl", LINES)
        report = json.loads(octavo("compare", TINY_DIR, "--reference", TINY_DIR, "--inputs", inputs, "--json").stdout)
        self.assertEqual([(None, 0.0)], [(row["sqnr_db"], row["max_error"]) for row in report["outputs"]])
        done = octavo("compare", TINY_DIR, "--isa", "--inputs", inputs, "--json")
        self.expect(0, done)
        runs = json.loads(done.stdout)["runs"]
        self.assertEqual(1, len({run["hash"] for run in runs}))
        self.assertEqual({(threads, batch) for threads in (1, 2) for batch in (False, True)},
                         {(run["threads"], run["batch"]) for run in runs if run["isa"] == "scalar"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
