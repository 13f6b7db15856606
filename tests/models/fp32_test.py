"""--precision fp32 against LibTorch, Transformers and float64, on real weights and padded rows."""
import os

import abi
import bert64
import numpy
import octavo
import sentences

CASES = [(1, 1, None), (1, 7, None), (3, 33, [33, 20, 5]), (2, 128, [128, 77])]

files = [octavo.save(octavo.WORK / "fp32" / f"{rows}x{columns}.safetensors",
                     octavo.random_inputs(rows * columns, rows, columns, lengths)) for rows, columns, lengths in CASES]
octavo.run(os.environ["OCTAVO_BERT_REFERENCE"], octavo.MODEL / "model.safetensors", *files)
exact_model, transformers = bert64.Bert64(), sentences.transformers_model()
compiled = abi.Model(octavo.directory("fp32"))

for file in files:
    inputs = octavo.load(file)
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    got = compiled(ids, mask)
    exact, bound = exact_model.answer_and_bound(ids, mask)
    difference = numpy.abs(got - exact).max()
    octavo.check(difference <= bound, f"{file.stem}: float64 differs by {difference:.2e}, float32 may by {bound:.2e}")
    for name, other in (("LibTorch", octavo.load(file.with_suffix(".original"))["output"]),
                        ("Transformers", transformers(ids, mask))):
        difference, scale = numpy.abs(got - other).max(), numpy.abs(other).max()
        octavo.check(difference <= 2 * bound, f"{file.stem}: {name} differs by {difference:.2e}, both may by {2 * bound:.2e}")
        octavo.check(difference <= 2e-5 * scale, f"{file.stem}: that is {difference / scale:.1e} of the scale")
octavo.finish()
