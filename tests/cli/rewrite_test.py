"""octavo rewrite: the ways out, what they leave alone, and reports."""
import json
import os
import shutil
import subprocess
import unittest

import sarif
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


    def test_policy_is_found_upward_and_named(self):
        source = self.copy()
        self.expect(0, octavo("rewrite", source, *PARSED), "octavo::nn::QuantEmbedding")
        self.write("octavo.toml", '[rewrite]\nskip = [{rule = "OCT102", reason = "small"}]\n')
        done = octavo("rewrite", source, *PARSED)
        self.expect(0, done, f"policy: {self.folder / 'octavo.toml'}", "excluded by the policy (octavo.toml:2, small)")
        self.assertNotIn("QuantEmbedding", done.stdout)
        self.write("octavo.toml", '[rewrite]\nskip = ["Model.wrds"]\n')
        self.expect(4, octavo("rewrite", source, *PARSED), "octavo.toml:2:9: error: no site", "did you mean 'Model.words'?")
        elsewhere = self.write("other.toml", "")
        done = octavo("rewrite", source, "--policy", elsewhere, *PARSED)
        self.expect(0, done, "octavo::nn::QuantEmbedding")
        self.assertNotIn("policy:", done.stderr)

    def test_stats(self):
        source = self.copy()
        table = octavo("rewrite", "--stats", source, *PARSED)
        self.expect(0, table, "OCT101 linear", "OCT105", "100.0 %")
        stats = json.loads(octavo("rewrite", "--stats", "--json", source, *PARSED).stdout)
        report = self.folder / "sites.json"
        octavo("rewrite", source, "--report", report, *PARSED)
        sites = json.loads(report.read_text())["sites"]
        self.assertEqual(len(sites), stats["all"]["sites"])
        self.assertEqual(len([site for site in sites if site["status"] == "rewritten"]), stats["all"]["edited"])
        self.assertEqual(sum(rule["sites"] for rule in stats["rules"].values()), stats["all"]["sites"])

    def remarks_source(self):
        return self.write("remarks.cpp", """#include <torch/torch.h>
struct NetImpl : torch::nn::Module {
  torch::Tensor forward(torch::Tensor x) {
    (void)"\u00e4\u00f6\U0001f419"; return torch::matmul(x, x);
  }
  torch::nn::Linear a{nullptr}, b{nullptr};
  torch::nn::Linear head{nullptr};  // octavo: keep(OCT101) two outputs
  torch::nn::Embedding words{nullptr};
};
torch::Tensor scores(torch::Tensor q) { return q.mm(q); }
#ifdef OTHER
torch::nn::Linear other(4, 4);
#endif
""")

    def test_text_json_and_sarif_agree(self):
        source = self.remarks_source()
        policy = self.write("p.toml", '[rewrite]\nskip = ["Net.words"]\n')
        sites, log = self.folder / "sites.json", self.folder / "sites.sarif"
        printed = octavo("rewrite", source, "--policy", policy, "--report", sites, *PARSED).stderr
        self.expect(0, octavo("rewrite", source, "--policy", policy, "--report", log, *PARSED))
        report, run = json.loads(sites.read_text()), json.loads(log.read_text())["runs"][0]
        skipped = [result for result in run["results"] if result.get("properties", {}).get("status") == "skipped"]
        self.assertEqual(len(report["remarks"]), len(skipped))
        self.assertEqual(printed.count(": remark: "), len(skipped))
        for remark, result in zip(report["remarks"], skipped):
            numbers = ", ".join(filter(None, (remark["rule"], remark["reason"])))
            place = f"{remark['file']}:{remark['line']}:{remark['column']}"
            self.assertIn(f"{place}: remark: {remark['text']} [{numbers}]\n{remark['source']}\n", printed)
            self.assertIn(f"  lost: {remark['lost']}\n  fix: {remark['fix']}\n", printed)
            self.assertEqual(remark["text"], result["message"]["text"])
            self.assertEqual(remark["rule"] or remark["reason"], result["ruleId"])
            for key in ("lost", "fix", "reason", "module"):
                self.assertEqual(remark[key], result["properties"][key])
            self.assertEqual(remark["line"], result["locations"][0]["physicalLocation"]["region"]["startLine"])
        kinds = {result["suppressions"][0]["kind"] for result in skipped if "suppressions" in result}
        self.assertEqual({"inSource", "external"}, kinds)

    def test_sarif_is_well_formed_and_its_fixes_are_the_rewrite(self):
        source = self.remarks_source()
        log, out = self.folder / "sites.sarif", self.folder / "out.cpp"
        self.expect(0, octavo("rewrite", "remarks.cpp", "--report", log, "--output", out, *PARSED, cwd=self.folder))
        report = json.loads(log.read_text())
        self.assertEqual([], sarif.problems(report))
        edits = []
        for result in report["runs"][0]["results"]:
            for fix in result.get("fixes", []):
                for change in fix["artifactChanges"]:
                    self.assertEqual("remarks.cpp", change["artifactLocation"]["uri"])
                    edits += change["replacements"]
        text = source.read_text()
        for edit in edits:  # the same place in bytes and in UTF-16 columns
            self.assertEqual(sarif.offset(text, edit["deletedRegion"]), edit["deletedRegion"]["byteOffset"])
        before, after, done = source.read_bytes(), b"", 0
        for edit in sorted(edits, key=lambda edit: edit["deletedRegion"]["byteOffset"]):
            region = edit["deletedRegion"]
            after += before[done:region["byteOffset"]] + edit["insertedContent"]["text"].encode()
            done = region["byteOffset"] + region["byteLength"]
        self.assertEqual(out.read_bytes(), after + before[done:])

    def test_in_place_refuses_what_git_ignores(self):
        source = self.copy()
        self.write(".gitignore", "ignored.cpp\n")
        ignored = self.folder / "ignored.cpp"
        shutil.copy(source, ignored)
        self.expect(4, octavo("rewrite", "--in-place", ignored, *PARSED), "is not committed")
        self.assertEqual(source.read_bytes(), ignored.read_bytes())

    def test_in_place_keeps_links_and_modes(self):
        source = self.copy()
        os.chmod(source, 0o640)
        link = self.folder / "link.cpp"
        link.symlink_to("tiny.cpp")
        self.expect(0, octavo("rewrite", "--in-place", "--force", link, *PARSED))
        self.assertTrue(link.is_symlink())
        self.assertIn("QuantLinear", source.read_text())
        self.assertEqual(0o640, source.stat().st_mode & 0o777)


if __name__ == "__main__":
    unittest.main(verbosity=2)
