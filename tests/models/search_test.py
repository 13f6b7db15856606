"""The search program end to end: the first answers of FP32, odd text files, and errors."""
import os
import subprocess

import octavo
import sentences

search = os.environ.get("OCTAVO_CONSUMER") or octavo.skip("search is not built")
file = octavo.ROOT / "models" / "sentences.txt"
QUERIES = ["how do I bake bread?", "the weather tomorrow", "a bug in the software", "pain in the back", "a walk among trees",
           "who won the match?", "prices are rising", "stars and planets"]


def ask(*arguments, text=None):
    return subprocess.run([search, *arguments], input=text, capture_output=True, text=True, errors="replace")


def answers(output):
    """Per query, its lines: (score, line number)."""
    blocks = [b.splitlines()[1:] for b in output.strip().split("\n\n")]
    return [[(float(line.split()[0]), int(line.split()[1])) for line in block] for block in blocks]


lines = file.read_text().splitlines()
fp32 = sentences.transformers_model()
scores = sentences.embed(QUERIES, fp32) @ sentences.embed(lines, fp32).T
by_argument, by_input = ask(file, *QUERIES), ask(file, text="\n".join(QUERIES) + "\n")
octavo.check(by_argument.returncode == 0 and by_argument.stdout == by_input.stdout, "queries as arguments or on stdin")
for query, found, exact in zip(QUERIES, answers(by_argument.stdout), scores):
    # A unit vector at cosine c to its FP32 self moves a product by at most |a - a'| + |b - b'| = 2 sqrt(2 - 2c).
    slack = 2 * (2 - 2 * 0.98)**0.5
    octavo.check(len(found) == 5, f"{query!r}: five answers")
    octavo.check(all(abs(score - exact[n - 1]) <= slack for score, n in found), "scores as close as the vectors are")
    octavo.check(exact[found[0][1] - 1] >= sorted(exact)[-3], f"best: {lines[found[0][1] - 1]}")

odd = octavo.WORK / "odd.txt"
odd.write_bytes(b"\r\n\xff\xfe broken \xe2\x82 bytes\r\n \t\n" + b"very long " * 400 + b"\n\x00\nlast line without an end")
done = ask(odd, "broken bytes")
octavo.check(done.returncode == 0 and len(answers(done.stdout)[0]) == 4, "odd lines are read: four, and blank ones left out")
octavo.check(f"{odd}:4: only the first 256 tokens" in done.stderr, "a long line's cut is said")
odd.write_bytes(b"")
octavo.check(ask(odd, "anything").returncode == 0, "an empty file has no answers")
done = ask(octavo.WORK / "absent.txt", "anything")
octavo.check(done.returncode == 1 and "absent.txt" in done.stderr, f"a missing file: {done.stderr.strip()}")
octavo.check(ask().returncode == 2, "no arguments: usage")
octavo.finish()
