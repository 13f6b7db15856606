"""The same bits: every instruction set of this CPU, one thread and two, a sentence alone and padded among others."""
import hashlib

import abi
import numpy
import octavo
import sentences

texts = (octavo.ROOT / "models" / "sentences.txt").read_text().splitlines()[::12]
encodings = [e.ids for e in sentences.tokenizer().encode_batch(texts)]
batch_ids, batch_mask = sentences.padded(encodings)
batch_ids = numpy.pad(batch_ids, ((0, 0), (0, 5)))  # every row is padded, the longest too
batch_mask = numpy.pad(batch_mask, ((0, 0), (0, 5)))


def digests(folder, isa, threads):
    """One hash per sentence over its tokens' outputs, alone and in the batch."""
    model = abi.Model(folder, threads, isa)
    assert model.isa == isa, f"asked for {isa}, got {model.isa}"
    alone = [model(numpy.array([e], numpy.int64), numpy.ones((1, len(e)), numpy.int64))[0] for e in encodings]
    together = model(batch_ids, batch_mask)
    model.close()
    digest = lambda rows: hashlib.sha256(numpy.ascontiguousarray(rows).tobytes()).hexdigest()
    return [digest(a) for a in alone], [digest(together[i, :len(e)]) for i, e in enumerate(encodings)]


for precision in ("int8", "fp32"):
    definition, _ = digests(octavo.directory(precision), "scalar", 1)
    scalar = abi.Model(octavo.directory(precision), 1, "scalar")
    isas = scalar.instruction_sets()
    scalar.close()
    octavo.check(isas[0] == "scalar", f"instruction sets: {', '.join(isas)}")
    for isa in isas:
        for threads in (1, 2):
            alone, together = digests(octavo.directory(precision), isa, threads)
            octavo.check(alone == definition, f"{precision} {isa}, {threads} threads: alone, {len(texts)} sentences")
            octavo.check(together == definition, f"{precision} {isa}, {threads} threads: padded in a batch")
octavo.finish()
