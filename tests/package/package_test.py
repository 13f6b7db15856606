"""An installed Octavo as a stranger uses it: find_package, octavo_add_model, a program that links nothing but the runtime.

ctest sets OCTAVO_PREFIX (installed by the test before), OCTAVO_PACKAGE_TESTS, OCTAVO_CLI_SOURCES (tests/cli) and CMAKE.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CMAKE, PREFIX = os.environ["CMAKE"], os.environ["OCTAVO_PREFIX"]
WORK = pathlib.Path(os.environ["OCTAVO_PACKAGE_TESTS"])
CLI_SOURCES = pathlib.Path(os.environ["OCTAVO_CLI_SOURCES"])
os.environ.setdefault("OCTAVO_CLI", f"{PREFIX}/bin/octavo")
os.environ.setdefault("OCTAVO_CLI_TESTS", str(WORK))
sys.path.insert(0, str(CLI_SOURCES))
import octavo  # noqa: E402

SOURCE, BUILD = WORK / "consumer", WORK / "consumer-build"


def run(*command, check=True):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def configure(source, build, *options):
    return run(CMAKE, "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={PREFIX}", "-DCMAKE_BUILD_TYPE=Release",
               f"-DTINY_WEIGHTS={WORK / 'tiny.safetensors'}", *options)


class Package(unittest.TestCase):
    """The tests build on each other, in this order."""

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(SOURCE, ignore_errors=True)
        shutil.rmtree(BUILD, ignore_errors=True)
        shutil.copytree(HERE / "consumer", SOURCE)
        for name in ("tiny.cpp", "tiny_config.h"):
            shutil.copy(CLI_SOURCES / name, SOURCE)
        octavo.write_safetensors(WORK / "tiny.safetensors", octavo.tiny_weights())
        configure(SOURCE, BUILD)
        cls.log = run(CMAKE, "--build", BUILD)

    def test_1_the_program_runs(self):
        self.assertRegex(run(BUILD / "app"), r"sum of squares \d+\.\d+")
        for name in ("tiny.diff", "tiny.json"):
            self.assertTrue((BUILD / name).exists(), name)

    def test_2_it_links_neither_llvm_nor_libtorch(self):
        libraries = run("ldd", BUILD / "app")
        for name in ("torch", "c10", "LLVM", "clang"):
            self.assertNotIn(name, libraries)
        self.assertNotRegex(run("nm", "-C", BUILD / "app"), r"\b(at|torch|c10|clang|llvm)::")

    def test_3_a_second_build_does_nothing(self):
        self.assertIn("no work to do", run(CMAKE, "--build", BUILD))

    def test_4_a_touched_header_runs_the_stages_but_compiles_nothing(self):
        (SOURCE / "tiny_config.h").touch()
        log = run(CMAKE, "--build", BUILD)
        self.assertIn("Octavo: rewrite tiny", log)
        self.assertNotIn("Building CXX object", log)
        self.assertIn("no work to do", run(CMAKE, "--build", BUILD))

    def test_5_new_calibration_data_does_not_rewrite(self):
        with open(SOURCE / "samples.jsonl", "a", encoding="utf-8") as samples:
            samples.write('{"ids": [7], "mask": [1]}\n')
        log = run(CMAKE, "--build", BUILD)
        self.assertIn("Octavo: calibrate tiny", log)
        self.assertNotIn("Octavo: rewrite tiny", log)
        self.assertNotIn("Octavo: trace tiny", log)

    def test_6_a_changed_source_reaches_the_program(self):
        before = run(BUILD / "app")
        text = (SOURCE / "tiny.cpp").read_text()
        changed = text.replace("torch::gelu(", "torch::relu(")
        self.assertNotEqual(text, changed)
        (SOURCE / "tiny.cpp").write_text(changed)
        run(CMAKE, "--build", BUILD)
        self.assertNotEqual(before, run(BUILD / "app"))

    def test_7_install_helper(self):
        run(CMAKE, "--install", BUILD, "--prefix", WORK / "installed-app")
        self.assertTrue((WORK / "installed-app" / "share" / "app" / "tiny.weights").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
