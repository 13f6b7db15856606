"""INT8 sentence embeddings against FP32 over the STS benchmark's dev part."""
import csv

import abi
import numpy
import octavo
import sentences

file = octavo.DATA / "sts-b" / "sts-dev.csv"
if not file.exists():
    octavo.skip(f"no {file} (OCTAVO_DATA)")
with open(file, encoding="utf-8", newline="") as rows:
    rows = list(csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))
scores = numpy.array([float(r[4]) for r in rows])
first, second = [r[5] for r in rows], [r[6] for r in rows]


def ranks(values):
    """Average ranks, so that ties count half."""
    _, where, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    return (numpy.cumsum(counts) - (counts - 1) / 2)[where]


def spearman(vectors):
    cosines = (vectors[:len(rows)] * vectors[len(rows):]).sum(1)
    return 100 * numpy.corrcoef(ranks(cosines), ranks(scores))[0, 1]


fp32 = sentences.embed(first + second, sentences.transformers_model())
int8 = sentences.embed(first + second, abi.Model(octavo.directory("int8")))
cosine = (fp32 * int8).sum(1)
change = spearman(int8) - spearman(fp32)
print(f"{len(rows)} pairs; cosine mean {cosine.mean():.5f}, minimum {cosine.min():.5f}; "
      f"Spearman fp32 {spearman(fp32):.2f}, int8 {spearman(int8):.2f}")
octavo.check(cosine.mean() >= 0.995, "mean cosine at least 0.995")
octavo.check(cosine.min() >= 0.98, "minimum cosine at least 0.98")
octavo.check(abs(change) <= 0.3, f"Spearman within 0.3: {change:+.3f}")
octavo.finish()
