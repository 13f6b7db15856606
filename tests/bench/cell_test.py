"""Turns, statistics, cosines, and a competitor that dies half-way."""
import math
import pathlib
import sys
import tempfile
import unittest

try:
    from bench.encoder.cell import Group, measure_cell
    from bench.encoder.process import Died, Process
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

FAKE = pathlib.Path(__file__).with_name("fake.py")
FOREVER = 10**9


class CellTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def fake(self, name, *arguments):
        return Process([sys.executable, FAKE, *arguments], self.folder / f"{name}.txt")

    def test_times_and_cosines(self):
        group = Group({"reference": self.fake("reference", 10, 0, FOREVER),
                       "other": self.fake("other", 20, 1, FOREVER)}, {})
        cell = measure_cell(group, "1x8", self.folder, seconds=1, most_rounds=6)
        group.close()
        self.assertEqual(list(cell), ["reference", "other"])
        self.assertEqual((cell["reference"]["min"], cell["reference"]["median"]), (10, 11))
        # A turn is 1 uncounted pass and about 50 ms of others: 5 and 2, by the second pass, of 11 and 21 ms. The fake's
        # third time falls on every uncounted one of the other.
        self.assertEqual((cell["other"]["min"], cell["other"]["median"]), (20, 20.5))
        self.assertEqual((cell["reference"]["passes"], cell["other"]["passes"]), (6 * 5, 6 * 2))
        self.assertAlmostEqual(cell["reference"]["cosine"], 1)
        self.assertAlmostEqual(cell["other"]["cosine"], 1 / math.sqrt(2))

    def test_one_that_dies_leaves_with_its_reason(self):
        group = Group({"reference": self.fake("reference", 10, 0, FOREVER), "ill": self.fake("ill", 10, 0, 9)}, {})
        cell = measure_cell(group, "1x8", self.folder, seconds=1, most_rounds=6)
        group.close()
        self.assertEqual(list(cell), ["reference"])
        self.assertEqual(cell["reference"]["passes"], 6 * 5)
        self.assertEqual(group.missing, {"ill": "ended with code 1: no more passes in me"})

    def test_a_program_that_is_not_there(self):
        with self.assertRaisesRegex(Died, "cannot be started"):
            Process([self.folder / "nothing"], self.folder / "log.txt")


if __name__ == "__main__":
    unittest.main()
