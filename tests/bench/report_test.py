"""The tables and the plot that come of known times."""
import sys
import unittest
import xml.etree.ElementTree

try:
    from bench.encoder.plot import plot
    from bench.encoder.report import Report
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def values(least, median, cosine=1.0):
    return {"min": least, "median": median, "passes": 9, "cosine": cosine, "worst": cosine}


RESULTS = {
    "machine": "a machine", "isa": "avx2", "load": [0.5, 1.25], "versions": {"ort-int8": "onnxruntime 9"},
    "missing": {"ctranslate2-int8 bert-base": "not installed"},
    "cells": {
        "bert-base 2 1x8": {"pytorch-fp32": values(30, 35), "ort-int8": values(8, 9, 0.97),
                            "octavo-int8": values(5, 6, 0.99)},
        "bert-base 2 1x32": {"ort-int8": values(14.9, 20), "octavo-int8": values(10, 10)},
    },
    "limits": {"bert-base": {"read_ms": 3.2, "product_shares": {"32x768x768": 0.9, "32x3072x768": 0.84}}},
    "starts": {"bert-base": {"octavo-int8": {"load": 3, "first": 7, "disk": 110, "memory": [150, 4, 141]}}},
}


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.report = Report(RESULTS)

    def test_bars_compare_minima(self):
        bars = self.report.bars()
        pair = "ONNX Runtime dynamic INT8 / Octavo INT8"
        self.assertIn(f"| {pair} | BERT-base 1×8 | 1.6 | 1.60 | 1.50 | yes |", bars)
        self.assertIn(f"| {pair} | BERT-base 1×32 | 1.5 | 1.49 | 2.00 | **no** |", bars)
        self.assertIn("| PyTorch FP32 / Octavo INT8 | BERT-base 1×8 | 6.0 | 6.00 | 5.83 | yes |", bars)
        self.assertEqual(bars.count("\n"), 2 + 3)  # what was not measured has no row

    def test_limits(self):
        table = self.report.first_answers_and_memory()
        self.assertIn("the least (32×3072×768) | ≥ 85% | 84% | **no** |", table)
        self.assertIn("1×8 over the time to read the weights (3.20 ms), BERT-base INT8 | ≤ 1.5 | 1.56 | **no** |", table)

    def test_memory_bar(self):
        self.assertIn("| peak memory over weights and arena, BERT-base, Octavo INT8 | ≤ 10 MB | 9.0 MB | yes |",
                      self.report.first_answers_and_memory())

    def test_times_leave_gaps_where_one_was_not_there(self):
        self.assertIn("| PyTorch FP32 | 1.00000 (1.0000) | 30.00 / 35.00 |  |", self.report.times("bert-base", 2))

    def test_missing_ones_are_named(self):
        self.assertIn("Left out: ctranslate2-int8 bert-base: not installed.", self.report.text())

    def test_plot_is_xml_with_a_bar_a_competitor(self):
        tree = xml.etree.ElementTree.fromstring(plot(RESULTS["cells"], 2))
        titles = [title.text for title in tree.iter("{http://www.w3.org/2000/svg}title")]
        self.assertEqual(titles, ["PyTorch FP32: 1.00×", "ONNX Runtime dynamic INT8: 3.75×", "Octavo INT8: 6.00×"])


if __name__ == "__main__":
    unittest.main()
