"""The compiled model refuses what it cannot answer: a sentence that names the input, and the session lives on."""
import shutil

import abi
import numpy
import octavo

folder = octavo.directory("int8")
model = abi.Model(folder)
good = octavo.random_inputs(5, 2, 9)
ids, mask = good["input_ids"], good["attention_mask"]
expected = model(ids, mask)


def refused(what, action, *words):
    try:
        action()
    except RuntimeError as error:
        octavo.check(all(w in str(error) for w in words), f"{what}: {error}")
    else:
        octavo.check(False, f"{what}: was accepted")


def with_id(value):
    wrong = ids.copy()
    wrong[1, 3] = value
    return lambda: model(wrong, mask)


refused("id above the vocabulary", with_id(30522), "input_ids", "30522")
refused("negative id", with_id(-1), "input_ids", "-1")
long = octavo.random_inputs(6, 1, 513)
refused("longer than the positions", lambda: model(long["input_ids"], long["attention_mask"]), "S", "512")
refused("empty batch", lambda: model(ids[:0], mask[:0]), "B")
refused("wrong rank", lambda: model(ids[0], mask[0]), "input_ids", "rank")
refused("wrong dtype", lambda: model(ids.astype(numpy.float32), mask), "input_ids", "float32")
refused("mask of another shape", lambda: model(ids, mask[:, :8]), "attention_mask")
refused("one input missing", lambda: model(ids), "1", "2")
octavo.check(model(ids, mask).tobytes() == expected.tobytes(), "and the session still answers as before")


def flipped(data):
    data = bytearray(data)
    data[len(data) // 2] ^= 1
    return data


other, = octavo.directory("fp32").glob("*.weights")
for name, spoil in (("one bit flipped", flipped), ("cut short", lambda data: data[:-100]), ("empty", lambda data: b""),
                    ("of another model", lambda data: other.read_bytes())):
    spoilt = octavo.WORK / "spoilt"
    shutil.rmtree(spoilt, ignore_errors=True)
    shutil.copytree(folder, spoilt, ignore=lambda _, names: [n for n in names if not n.endswith((".so", ".weights"))])
    weights, = spoilt.glob("*.weights")
    weights.write_bytes(spoil(weights.read_bytes()))
    refused(f"weights {name}", lambda: abi.Model(spoilt), weights.name)
octavo.finish()
