"""Quantizers off: the rewritten source answers with the original's bits under LibTorch, on 20 random inputs."""
import os

import octavo

reference = os.environ["OCTAVO_BERT_REFERENCE"]
folder = octavo.directory("int8")
observed, = folder.glob("*.observed")
inputs = [word for i in octavo.INPUTS for word in ("--input", i)]
weights = octavo.MODEL / "model.safetensors"

files = []
for seed in range(20):
    rows, columns = 1 + seed % 3, 1 + 7 * seed
    lengths = [max(1, columns - 3 * r) for r in range(rows)]
    files.append(octavo.save(octavo.WORK / "equal" / f"{seed}.safetensors",
                             octavo.random_inputs(seed, rows, columns, lengths)))
octavo.run(reference, weights, *files)
for seed, file in enumerate(files):
    answer = file.with_suffix(".rewritten")
    octavo.run(observed, "run", *inputs, "--weights", weights, "--inputs", file, "--outputs", answer, "--mode", "off",
               "--threads", 1)
    original, rewritten = octavo.load(file.with_suffix(".original"))["output"], octavo.load(answer)["output"]
    octavo.check(original.tobytes() == rewritten.tobytes(), f"input {seed}, {original.shape}: the same bits")
octavo.finish()
