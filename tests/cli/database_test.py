"""octavo rewrite with the flags of a CMake project: which of them LibTorch's precompiled header is for."""
import json
import os
import pathlib
import unittest

from octavo import HERE, TINY, Case, octavo

USUAL = ["-DUSE_C10D", "-DNDEBUG", "-O3", "-g", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"]


def torch_root():
    findings = json.loads(octavo("doctor", "--json").stdout)["findings"]
    detail = next(finding["detail"] for finding in findings if finding["name"] == "LibTorch")
    return pathlib.Path(detail.split(", ")[-1])


class Database(Case):
    def database(self, *flags, torch=True):
        """The tiny model's command as CMake writes it."""
        include = torch_root() / "include"
        folders = [include, include / "torch/csrc/api/include"] if torch else []
        arguments = ["/usr/bin/c++", *flags, f"-I{HERE}", *(w for f in folders for w in ("-isystem", str(f))),
                     "-o", "tiny.o", "-c", str(TINY)]
        self.write("compile_commands.json",
                   json.dumps([{"directory": str(self.folder), "arguments": arguments, "file": str(TINY)}]))

    def rewrite(self, *arguments, **environment):
        return octavo("rewrite", "-p", self.folder, *arguments, TINY, env={**os.environ, **environment})

    def spoiled_cache(self):
        """A cache whose header for the flags of an observed program is no header: whoever loads it fails."""
        findings = octavo("doctor").stdout
        name = pathlib.Path(next(w for w in findings.split() if w.endswith(".pch"))).name
        (self.folder / "cache").mkdir()
        self.write(f"cache/{name}", "no header")
        return str(self.folder / "cache")

    def test_usual_flags_are_parsed_over_the_shared_header(self):
        self.database(*USUAL, "-std=c++20")
        self.expect(0, self.rewrite(), "octavo::nn::QuantLinear")
        spoiled = self.spoiled_cache()
        self.assertNotEqual(0, self.rewrite(OCTAVO_CACHE=spoiled).returncode)
        done = octavo("rewrite", TINY, "--", "-O2", "-g", f"-I{HERE}", env={**os.environ, "OCTAVO_CACHE": spoiled})
        self.assertNotEqual(0, done.returncode)

    def test_another_libtorch_has_no_header_of_ours(self):
        self.database(*USUAL, "-std=c++20", torch=False)
        self.expect(3, self.rewrite(), "torch/torch.h")


if __name__ == "__main__":
    unittest.main()
