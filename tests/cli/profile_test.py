"""octavo bench --layers and --trace over the tiny model."""
import json
import shutil
import subprocess
import unittest

from octavo import HERE, HIDDEN, WORK, Case, build_tiny, octavo

TINY_DIR = WORK / "tiny"
DIMS = ["--dims", "B=2,S=5"]
ROWS = 2 * 5


class Layers(Case):
    def setUp(self):
        super().setUp()
        build_tiny()

    def bench(self, *arguments):
        done = octavo("bench", TINY_DIR, *DIMS, "--runs", 12, *arguments)
        self.expect(0, done)
        return done.stdout

    def layers(self, *arguments):
        report = json.loads(self.bench("--layers", "--json", *arguments))
        return report, report["layers"]

    def test_every_call_of_a_kernel_in_order(self):
        calls = [line.split("(")[0].strip() for line in (TINY_DIR / "tiny.cpp").read_text().splitlines() if "(run.step(" in line]
        report, layers = self.layers("--threads", 1)
        self.assertEqual(calls, [layer["function"] for layer in layers])
        self.assertGreater(len(calls), 8)
        self.assertTrue(all(layer["place"].startswith("tiny.cpp:") for layer in layers), layers)
        least = sum(layer["min_ms"] for layer in layers)
        self.assertLessEqual(least, report["profiled_min_ms"])
        self.assertTrue(all(0 < layer["min_ms"] <= layer["median_ms"] for layer in layers))

    def test_what_a_product_computes(self):
        _, layers = self.layers("--isa", "scalar")
        merged = next(layer for layer in layers if layer["site"] == "block.{query, key, value}")
        self.assertEqual([ROWS, 3 * HIDDEN, HIDDEN], merged["shape"])
        self.assertEqual(ROWS * 3 * HIDDEN * HIDDEN, merged["macs"])
        self.assertEqual(3 * HIDDEN * (HIDDEN + 12), merged["weight_bytes"])
        self.assertTrue(merged["kernel"].startswith("linear_s8_") and merged["kernel"].endswith("__scalar"), merged["kernel"])

    def test_the_kernel_is_the_one_that_ran(self):
        isas = {run["isa"] for run in json.loads(octavo("compare", TINY_DIR, "--isa", "--json", "--inputs", self.write(
            "in.jsonl", '{"ids": [1, 2], "mask": [1, 1]}\n')).stdout)["runs"]}
        for isa in isas & {"scalar", "avx2"}:
            report, layers = self.layers("--isa", isa, "--threads", 1)
            self.assertEqual({isa}, {layer["kernel"].split("__")[1] for layer in layers if "__" in layer["kernel"]})
            products = [layer for layer in layers if layer["macs"] > 0]
            self.assertTrue(all(layer["macs_per_cycle"] > 0 for layer in products))
            if isa == "avx2":
                # A limit of the products: by their instructions or by the bytes, and never beaten by more than noise.
                self.assertTrue(all(0 < layer["share_of_limit"] < 1.5 for layer in products), products)
                self.assertTrue(any(rate > 1 for rate in report["machine"]["gmac_per_s"].values()))

    def test_the_table(self):
        text = self.bench("--layers")
        for phrase in ("this machine, ", "MAC/cycle", "block.{query, key, value}", "10x48x16", "limited by", "kind", "tiny.cpp:"):
            self.assertIn(phrase, text)

    def test_without_layers_nothing_changes(self):
        report = json.loads(self.bench("--json"))
        self.assertEqual({"dims", "threads", "isa", "runs", "min_ms", "median_ms", "load_ms", "peak_mb"}, set(report))


class Trace(Case):
    def setUp(self):
        super().setUp()
        build_tiny()
        self.path = self.folder / "trace.json"

    def trace(self, threads):
        self.expect(0, octavo("bench", TINY_DIR, "--dims", "B=40,S=60", "--runs", 12, "--threads", threads, "--trace", self.path))
        return json.loads(self.path.read_text())["traceEvents"]

    def test_one_track_a_thread_of_slices_that_nest(self):
        for threads in (1, 3):
            events = self.trace(threads)
            self.assertEqual({"M", "X"}, {event["ph"] for event in events})
            named = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
            self.assertEqual(list(range(1, threads + 1)), sorted(named))
            self.assertEqual(["tiny"], [event["args"]["name"] for event in events if event["name"] == "process_name"])
            slices = [event for event in events if event["ph"] == "X"]
            # The caller always works; a worker that the machine wakes late finds nothing left to do.
            self.assertIn(1, {event["tid"] for event in slices})
            self.assertLessEqual({event["tid"] for event in slices}, set(named))
            self.assertEqual(10, sum(event["cat"] == "run" for event in slices), "the last ten runs are kept")
            for tid in named:
                self.assert_nested([event for event in slices if event["tid"] == tid])
            steps = [event for event in slices if event["cat"] == "step"]
            self.assertEqual(0, len(steps) % 10)
            self.assertIn("block.{query, key, value}", {event["name"] for event in steps})

    def assert_nested(self, slices):
        """What viewers need of complete events on one track: sorted by time, outer before inner, none crosses another."""
        open_until = []
        for event in sorted(slices, key=lambda e: e["ts"]):
            self.assertGreaterEqual(event["dur"], 0)
            end = event["ts"] + event["dur"]
            while open_until and open_until[-1] <= event["ts"] + 5e-4:
                open_until.pop()
            if open_until:
                self.assertLessEqual(end, open_until[-1] + 5e-4, event)
            open_until.append(end)

    def test_a_path_that_cannot_be_written_costs_nothing_and_leaves_nothing(self):
        for path in ("/proc/trace.json", self.folder / "absent" / "trace.json"):
            done = octavo("bench", TINY_DIR, *DIMS, "--trace", path)
            self.expect(4, done, str(path))
            self.assertEqual("", done.stdout)
        self.expect(4, octavo("bench", TINY_DIR, "--dims", "B=2,S=65", "--trace", self.path), "S <= 64")
        self.assertEqual([], list(self.folder.iterdir()))


class OldAbi(Case):
    def test_it_runs_but_its_steps_cannot_be_timed(self):
        build_tiny()
        folder = self.folder / "old"
        shutil.copytree(TINY_DIR, folder)
        subprocess.run(["cc", "-shared", "-fPIC", f'-DCURRENT="{TINY_DIR / "tiny.so"}"', f"-I{HERE.parent.parent}", str(HERE / "old_abi.c"),
                        "-o", str(folder / "tiny.so"), "-ldl"], check=True)
        self.expect(0, octavo("bench", folder, *DIMS, "--runs", 3), "median")
        for option in (["--layers"], ["--trace", self.folder / "trace.json"]):
            done = octavo("bench", folder, *DIMS, *option)
            self.expect(4, done, "tiny.so: error: has ABI version 1; its steps can be timed from version 2 on", "fix: build again")
            self.assertEqual("", done.stdout)
        self.assertFalse((self.folder / "trace.json").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
