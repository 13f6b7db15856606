"""Writes RESULTS.md and its plot from what measure.py saw: python -m bench.encoder.report RESULTS.json FOLDER"""
import json
import pathlib
import sys

from bench.encoder.bars import BARS, FIRST_ANSWER_MS, MEMORY_MB, PRODUCT_SHARE, TIMES_THE_READ
from bench.encoder.field import FIELD
from bench.encoder.limits import READ_SIZE
from bench.encoder.measure import SIZES
from bench.encoder.models import MODELS
from bench.encoder.plot import plot

BAR_THREADS = 2


def table(header, rows):
    return "\n".join(["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]) + "\n"


def yes_or_no(reached):
    return "yes" if reached else "**no**"


def shown(size):
    return size.replace("x", "×")


class Report:
    def __init__(self, results):
        self.results = results

    def cell(self, model, threads, size):
        return self.results["cells"].get(f"{model} {threads} {size}", {})

    def measured(self):
        """The (model, threads) pairs in the order of the tables."""
        seen = {tuple(name.split()[:2]) for name in self.results["cells"]}
        return [(m, t) for m in MODELS for t in sorted({int(t) for model, t in seen if model == m}, reverse=True)]

    def ratio(self, over, under, model, size, statistic, threads=BAR_THREADS):
        cell = self.cell(model, threads, size)
        if over not in cell or under not in cell:
            return None
        return cell[over][statistic] / cell[under][statistic]

    def bars(self):
        rows = []
        for (over, under), models in BARS.items():
            for model, sizes in models.items():
                for size, bar in sizes.items():
                    least = self.ratio(over, under, model, size, "min")
                    if least is not None:
                        median = self.ratio(over, under, model, size, "median")
                        rows.append([f"{FIELD[over].title} / {FIELD[under].title}",
                                     f"{MODELS[model].title} {shown(size)}", f"{bar:.1f}", f"{least:.2f}",
                                     f"{median:.2f}", yes_or_no(least >= bar)])
        return table(["time of / time of", "model", "bar", "minima", "medians", "reached"], rows)

    def limits(self, model):
        if model not in self.results["limits"]:
            return []
        limits = self.results["limits"][model]
        title = f"{MODELS[model].title} INT8"
        shape, share = min(limits["product_shares"].items(), key=lambda item: item[1])
        rows = [[f"INT8 products at 32 rows, {title}: share of the inner loop's limit, the least ({shown(shape)})",
                 f"≥ {PRODUCT_SHARE:.0%}", f"{share:.0%}", yes_or_no(share >= PRODUCT_SHARE)]]
        cell = self.cell(model, BAR_THREADS, READ_SIZE)
        if model in TIMES_THE_READ and "octavo-int8" in cell:
            times = cell["octavo-int8"]["min"] / limits["read_ms"]
            rows.append([f"1×8 over the time to read the weights ({limits['read_ms']:.2f} ms), {title}",
                         f"≤ {TIMES_THE_READ[model]}", f"{times:.2f}", yes_or_no(times <= TIMES_THE_READ[model])])
        return rows

    def first_answers_and_memory(self):
        rows = []
        for model, starts in self.results["starts"].items():
            octavo = starts.get("octavo-int8", {})
            if model in FIRST_ANSWER_MS and "first" in octavo:
                bar = FIRST_ANSWER_MS[model]
                rows.append([f"load to first answer, {MODELS[model].title} INT8", f"≤ {bar} ms",
                             f"{octavo['first']:.1f} ms", yes_or_no(octavo["first"] <= bar)])
            rows += self.limits(model)
            for name, values in starts.items():
                if len(values.get("memory", [])) == 3:
                    over = values["memory"][0] - values["memory"][2]
                    rows.append([f"peak memory over weights and arena, {MODELS[model].title}, {FIELD[name].title}",
                                 f"≤ {MEMORY_MB} MB", f"{over:.1f} MB", yes_or_no(over <= MEMORY_MB)])
        return table(["what", "bar", "measured", "reached"], rows)

    def times(self, model, threads):
        sizes = [s for s in SIZES if self.cell(model, threads, s)]
        rows = []
        for name, competitor in FIELD.items():
            cells = [self.cell(model, threads, s).get(name) for s in sizes]
            if any(cells):
                found = [c for c in cells if c]
                cosine = f"{sum(c['cosine'] for c in found) / len(found):.5f} ({min(c['worst'] for c in found):.4f})"
                times = (f"{c['min']:.2f} / {c['median']:.2f}" if c else "" for c in cells)
                rows.append([competitor.title, cosine, *times])
        return table(["competitor", "cosine, mean (worst token)", *map(shown, sizes)], rows)

    def speedups(self, model, threads, under="octavo-int8"):
        """How many times Octavo INT8 is faster than each, by the minima and by the medians."""
        sizes = [s for s in SIZES if self.cell(model, threads, s)]
        rows = []
        for name, competitor in FIELD.items():
            ratios = [[self.ratio(name, under, model, s, of, threads) for of in ("min", "median")] for s in sizes]
            if name != under and any(r[0] for r in ratios):
                rows.append([competitor.title, *(f"{r[0]:.2f} / {r[1]:.2f}" if r[0] else "" for r in ratios)])
        return table([f"{FIELD[under].title} is faster than", *map(shown, sizes)], rows)

    def starts(self, model):
        rows = []
        for name, values in self.results["starts"].get(model, {}).items():
            memory = values.get("memory")
            rows.append([FIELD[name].title, f"{values['load']:.0f}" if "load" in values else "",
                         f"{values['first']:.0f}" if "first" in values else "",
                         f"{memory[0]:.0f} ({memory[0] - memory[1]:.0f})" if memory else "",
                         f"{values['disk']:.1f}" if "disk" in values else ""])
        return table(["competitor", "load, ms", "load to first answer, ms", "peak memory, MB (over the empty process)",
                      "on disk, MB"], rows)

    def text(self):
        load = self.results["load"]
        versions = "; ".join(dict.fromkeys(self.results["versions"].values()))
        parts = [HEAD.format(machine=self.results["machine"], versions=versions,
                             isa=self.results["isa"], load="{:.1f} to {:.1f}".format(min(load), max(load)))]
        if self.results["missing"]:
            missing = (f"{who}: {why}" for who, why in self.results["missing"].items())
            parts.append("Left out: " + "; ".join(missing) + ".\n")
        parts += ["## The bars\n", self.bars(), self.first_answers_and_memory()]
        for model, threads in self.measured():
            parts += [f"## {MODELS[model].title}, {threads} thread{'s' * (threads > 1)}\n", self.times(model, threads),
                      self.speedups(model, threads)]
            if threads == BAR_THREADS:
                parts.append(self.starts(model))
        return "\n".join(parts)


HEAD = """# Results

Made by `bash bench/run.sh`. {machine}; {versions}; instruction set of Octavo: {isa}.

One forward pass of token ids [B, S] to the last hidden states. BERT-base and DistilBERT have random weights in their
published sizes (`encoder/models.py` says how they are drawn and why), MiniLM-L6 its own. Each competitor is a process;
answers are compared first; then all take turns of a few passes, round robin, in a rotating order. Times are
milliseconds, minimum / median over all rounds; ratios are of one's over the other's. The cosine is to PyTorch FP32,
over the vectors of random tokens: mean over the sizes, and the worst single token. Loading is measured in fresh
processes, warm page cache, libraries already imported, first answer at 1×32; the memory's peak is over all sizes. Load
average while measuring: {load}.

![BERT-base, DistilBERT and MiniLM-L6: how many times faster than PyTorch FP32](results.svg)
"""


def main():
    if len(sys.argv) != 3:
        raise SystemExit(f"usage: {__doc__.split(': ')[1]}")
    results, folder = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    (folder / "RESULTS.md").write_text(Report(results).text())
    (folder / "results.svg").write_text(plot(results["cells"], BAR_THREADS))


if __name__ == "__main__":
    main()
