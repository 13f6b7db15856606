"""octavo rewrite: the ways out, what they leave alone, and reports."""
import json
import os
import shutil
import subprocess
import unittest

from octavo import HERE, TINY, Case, octavo

PARSED = ("--", f"-I{HERE}")


class Rewrite(Case):
    def copy(self):
        """The tiny model, committed in a repository of its own."""
        for name in ("tiny.cpp", "tiny_config.h"):
            shutil.copy(HERE / name, self.folder)
        for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):
            subprocess.run(["git", "-C", self.folder, *command], check=True, capture_output=True)
        return self.folder / "tiny.cpp"

    def test_diff_is_the_default_and_changes_nothing(self):
        source = self.copy()
        before = source.read_bytes()
        done = octavo("rewrite", source, *PARSED)
        self.expect(0, done, "+++ b/", "octavo::nn::QuantLinear", "octavo::nn::QuantEmbedding")
        self.assertEqual(before, source.read_bytes())
        patch = self.write("tiny.patch", octavo("rewrite", "tiny.cpp", *PARSED, cwd=self.folder).stdout)
        subprocess.run(["git", "-C", self.folder, "apply", "--check", patch], check=True)

    def test_check_in_place_reverse(self):
        source = self.copy()
        before = source.read_bytes()
        self.expect(1, octavo("rewrite", "--check", source, *PARSED), "would be changed")
        sites = self.folder / "sites.json"
        self.expect(0, octavo("rewrite", "--in-place", "--report", sites, source, *PARSED))
        self.assertNotEqual(before, source.read_bytes())
        self.expect(0, octavo("rewrite", "--check", source, *PARSED))
        self.expect(4, octavo("rewrite", "--in-place", "--reverse", source), "uncommitted changes", "--force")
        self.expect(0, octavo("rewrite", "--in-place", "--force", "--reverse", "--sites", sites, source))
        self.assertEqual(before, source.read_bytes())

    def test_in_place_wants_a_repository(self):
        shutil.copy(HERE / "tiny_config.h", self.folder)
        with open(TINY, encoding="utf-8") as text:
            source = self.write("tiny.cpp", text.read())
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(self.folder.parent)}
        self.expect(4, octavo("rewrite", "--in-place", source, *PARSED, env=environment), "git repository")
        self.assertEqual(TINY.read_bytes(), source.read_bytes())

    def test_output_and_reports(self):
        out, sites, log = self.folder / "out.cpp", self.folder / "sites.json", self.folder / "sites.sarif"
        self.expect(0, octavo("rewrite", TINY, "--output", out, "--report", sites, *PARSED))
        self.assertIn("#include <octavo/torch.h>", out.read_text())
        report = json.loads(sites.read_text())
        self.assertEqual(1, report["schema"])
        self.assertLessEqual({"linear", "embedding", "matmul", "layer_norm"}, {site["kind"] for site in report["sites"]})
        for site in report["sites"]:
            self.assertIn(site["status"], ("rewritten", "skipped"))
            self.assertTrue(site["reason"] or site["status"] == "rewritten", site)
        self.expect(0, octavo("rewrite", TINY, "--report", log, *PARSED))
        run = json.loads(log.read_text())["runs"][0]
        self.assertGreaterEqual(len(run["results"]), len([s for s in report["sites"] if s["status"] == "rewritten"]))

    def test_parse_error(self):
        out = self.folder / "out.cpp"
        done = octavo("rewrite", HERE / "bad" / "syntax.cpp", "--output", out, *PARSED)
        self.expect(3, done, "syntax.cpp:4:14: error: no type named 'Linaer'")
        self.assertFalse(out.exists())

    def test_unwritable_output(self):
        self.expect(4, octavo("rewrite", TINY, "--output", "/proc/out.cpp", *PARSED), "/proc/out.cpp", "cannot be written")

    def test_policy(self):
        policy = self.write("octavo.toml", "[defaults]\nliner = \"int8\"\n")
        self.expect(4, octavo("rewrite", TINY, "--policy", policy, *PARSED), "octavo.toml:2", "linear")


if __name__ == "__main__":
    unittest.main(verbosity=2)
