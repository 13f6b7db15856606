"""Help, versions, exit codes and refusals that need neither Clang nor LibTorch to run."""
import json
import unittest

from octavo import HERE, INPUTS, TINY, Case, octavo, tiny_arguments

SUBCOMMANDS = ["rewrite", "explain", "build", "trace", "calibrate", "compile", "run", "bench", "compare", "doctor"]
BERT = {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 32,
        "intermediate_size": 64, "layer_norm_eps": 1e-12, "max_position_embeddings": 16, "num_attention_heads": 4,
        "num_hidden_layers": 1, "type_vocab_size": 2, "vocab_size": 50, "position_embedding_type": "absolute"}


class Usage(Case):
    def test_help_lists_every_subcommand(self):
        self.expect(0, octavo("--help"), "Exit codes", *SUBCOMMANDS)

    def test_each_subcommand_has_help_with_an_example(self):
        for name in SUBCOMMANDS:
            self.expect(0, octavo(name, "--help"), "Example", f"octavo {name}")

    def test_explain(self):
        listed = octavo("explain").stdout.splitlines()
        self.assertGreater(len(listed), 20)
        for line in listed:
            number = line.split()[0]
            self.expect(0, octavo("explain", number.lower()), number, "to change it")
        self.expect(0, octavo("explain", "OCT103"), "matches", "becomes", "scores_lhs(q)", "octavo: keep(OCT103)")
        self.expect(2, octavo("explain", "OCT113"), "nothing is numbered 'OCT113'", "did you mean OCT103?")
        self.expect(2, octavo("explain", "nonsense"), "`octavo explain` lists all numbers")
        pages = json.loads(octavo("explain", "--json").stdout)
        self.assertEqual([line.split()[0] for line in listed], [page["id"] for page in pages])

    def test_version(self):
        self.assertRegex(octavo("--version").stdout, r"^octavo \d+\.\d+\.\d+ \(Clang 19")

    def test_usage_errors(self):
        rows = [((), "subcommand"), (("rewrit",), "did you mean `octavo rewrite`?"), (("build", "--nonsense"), "--help"),
                (("rewrite",), "SOURCE"), (("run", "x"), "--inputs"), (("rewrite", "--diff", "--check", TINY), "excludes"),
                (("rewrite", self.folder / "absent.cpp"), "no such source file"),
                (("rewrite", "--force", TINY), "--in-place"),
                (("rewrite", TINY, TINY, "--output", "x.cpp"), "one SOURCE"),
                (("rewrite", TINY, "--report", "x.txt"), "neither .json nor .sarif"),
                (("bench", self.folder, "--dims", "B=1"), "is no folder of `octavo build`"),
                (("compare", self.folder, "--inputs", "x.jsonl"), "--reference")]
        for arguments, phrase in rows:
            with self.subTest(arguments):
                self.expect(2, octavo(*arguments), "error: ", phrase)

    def test_model_options(self):
        out = self.folder / "out"
        weights = self.write("w.safetensors", "")
        rows = [(tiny_arguments(out, weights, inputs=[]), 2, "--input is missing"),
                (tiny_arguments(out, "absent.safetensors"), 2, "absent.safetensors"),
                ([TINY, "--input", INPUTS[0], "--weights", weights, "-o", out], 2, "--module is missing"),
                ([*tiny_arguments(out, weights), "--name", "two words"], 2, "no C++ identifier"),
                ([*tiny_arguments(out, weights), "--target", "cuda"], 4, "--target cuda is not available"),
                ([*tiny_arguments(out, weights), "--target", "avx3"], 2, "did you mean avx2?"),
                ([*tiny_arguments(out, weights), "--precision", "int4"], 2, "int4"),
                ([*tiny_arguments(out, weights), "--cache", "past:present"], 4, "--cache is not available"),
                ([*tiny_arguments(out, weights, inputs=["ids:int65[B]"])], 2, "int65"),
                ([*tiny_arguments(out, weights), "--model", HERE], 2, "--model picks the source")]
        for arguments, code, phrase in rows:
            with self.subTest(phrase):
                self.expect(code, octavo("build", *arguments), phrase)
        self.assertFalse(out.exists(), "a refused command line leaves nothing behind")

    def test_stages_ask_for_what_comes_before(self):
        weights = self.write("w.safetensors", "")
        for stage in ("trace", "compile"):
            self.expect(2, octavo(stage, *tiny_arguments(self.folder / "out", weights)), "is missing")

    def test_hugging_face_config(self):
        rows = [("{", "is not JSON"), ("[]", "not a JSON object"), ({"model_type": "llama"}, 'model_type "llama"'),
                ({"hidden_act": "quick_gelu"}, 'hidden_act "quick_gelu"'),
                ({"position_embedding_type": "relative_key"}, 'position_embedding_type "relative_key"'),
                ({"hidden_size": None}, "hidden_size is missing"), ({"hidden_size": "32"}, "not a whole number"),
                ({"hidden_size": 2**40}, "hidden_size is 1099511627776"), ({"num_attention_heads": 5}, "no multiple"),
                ({"vocab_size": -1}, "vocab_size is -1"), ({"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM"),
                ({"layer_norm_eps": "x"}, "not a number")]
        for change, phrase in rows:
            with self.subTest(phrase):
                text = change if isinstance(change, str) else json.dumps({**BERT, **change})
                self.write("config.json", text)
                self.expect(4, octavo("build", "--model", self.folder, "-o", self.folder / "out"), "config.json", phrase)

    def test_doctor(self):
        done = octavo("doctor", "--json")
        report = json.loads(done.stdout)
        self.assertTrue(report["ok"], report)
        self.assertLessEqual({"clang++ 19", "host compiler", "LibTorch", "precompiled header", "instruction sets"},
                             {finding["name"] for finding in report["findings"]})
        done = octavo("doctor", "--torch-root", self.folder)
        self.expect(1, done, "holds no LibTorch", "fix: ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
