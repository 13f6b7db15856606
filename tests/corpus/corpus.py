"""Takes sources of the corpus through rewrite, build and run, as they are and mutated. tests/corpus/README.md says what is checked.

  corpus.py bert llama --mutants 1      these, each with one mutant
  corpus.py --all --mutants 2           all, and those that must be refused

OCTAVO_CLI is the executable, OCTAVO_CORPUS_TESTS a folder for everything that is made, OCTAVO_CORPUS_NOISE the library of noise.cpp.
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

try:
    import numpy
    import safetensors.numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import mutate
import source as sources

BUILD = sources.HERE.parents[1] / "build" / "release"
OCTAVO = os.environ.get("OCTAVO_CLI", str(BUILD / "octavo"))
NOISE = os.environ.get("OCTAVO_CORPUS_NOISE", str(BUILD / "tests" / "corpus" / "libcorpus_noise.so"))
WORK = pathlib.Path(os.environ.get("OCTAVO_CORPUS_TESTS", BUILD / "tests" / "corpus" / "work"))

LEAST_COSINE = 0.99
ROUNDING = 2.0**-24  # of a float operation, relative
AMPLITUDE = 2.0**-12  # of the noise: far above the roundings it runs on, and small enough to add up linearly
NOISY_RUNS = 3


class Failure(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failure(message)


def run(*command, code=0, cwd=None, **environment):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **environment}, capture_output=True,
                          timeout=900, check=False)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()  # a patch keeps its line ends
    require(done.returncode == code, f"{' '.join(map(str, command))}\nexit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    return done


def git(folder, *words):
    return run("git", "-C", folder, "-c", "user.name=corpus", "-c", "user.email=corpus@localhost", "-c", "core.autocrlf=false", *words)


class Copy:
    """The files of a source in a folder of their own."""

    def __init__(self, source, folder, texts=None):
        shutil.rmtree(folder, ignore_errors=True)
        self.source, self.folder = source, folder
        base = folder / "sources"
        base.mkdir(parents=True)
        self.files = [base / path.name for path in source.files()]
        for i, path in enumerate(source.files()):
            self.files[i].write_bytes(texts[i].encode() if texts else path.read_bytes())
        self.units = self.files[:1 + len(source.units)]
        self.headers = ["--header-filter", str(base) + r"/.*\.h$"] if source.headers else []

    def build(self, output, weights, *more):
        return run(OCTAVO, "build", *self.units, "--module", self.source.module, *self.source.input_options(), *self.headers,
                   "--weights", weights, "-o", self.folder / output, "--quiet", *more)

    def made(self, output, suffix):
        return self.folder / output / (self.source.name + suffix)


def check_rewrite(source, folder):
    """The properties of an edit: git takes it, a second run changes nothing, it reverses to the bytes, what stays has a reason."""
    copy = Copy(source, folder)
    base = copy.folder / "sources"
    before = [path.read_bytes() for path in copy.files]
    git(base, "init", "-q")
    git(base, "add", ".")
    git(base, "commit", "-qm", "source")
    units = [path.name for path in copy.units]
    flags = ("--", f"-I{base}")  # else the database of the build that this folder lies in would be asked
    report = copy.folder / "sites.json"
    patch = copy.folder / "change.patch"
    patch.write_bytes(run(OCTAVO, "rewrite", *units, *copy.headers, "--report", report, "--quiet", *flags, cwd=base).stdout.encode())
    if patch.stat().st_size > 0:  # a source of library modules alone has nothing to edit
        git(base, "apply", "--check", patch)
        git(base, "apply", patch)
    run(OCTAVO, "rewrite", "--check", *units, *copy.headers, "--quiet", *flags, cwd=base)
    run(OCTAVO, "rewrite", "--reverse", "--in-place", "--force", "--sites", report, *(path.name for path in copy.files), cwd=base)
    require(before == [path.read_bytes() for path in copy.files], "--reverse does not restore the bytes")
    sites = json.loads(report.read_text())["sites"]
    for site in sites:
        require(site["reason"] or site["status"] == "rewritten", f"no reason at {site['file']}:{site['line']} {site['id']}")
    return sites


def check_products(copy, output):
    """Each product of the trace has a site or a reason."""
    products = json.loads(copy.made(output, ".products.json").read_text())["products"]
    for product in products:
        require(product["sites"] or product["reason"], f"{product['file']}:{product['line']}: {product['op']} has no site and no reason")
    require(products, "the trace holds no product")
    return sum(1 for product in products if product["sites"]), sum(1 for product in products if not product["sites"])


def observed(copy, output, subcommand, *words, **environment):
    return run(copy.made(output, ".observed"), subcommand, *copy.source.input_options(), *words, **environment)


def load(path):
    return safetensors.numpy.load_file(path)


def make_original(copy):
    """The observed program of the source as it is, and weights for it."""
    skip = copy.folder / "skip.toml"
    skip.write_text('[rewrite]\nskip = ["**"]\n')
    weights = copy.folder / "weights.safetensors"
    safetensors.numpy.save_file({}, weights)
    copy.build("original", weights, "--until", "observe", "--policy", skip)
    require(copy.made("original", ".octavo.cpp").read_bytes() == copy.files[0].read_bytes(), "a policy that skips all edits the source")
    made = copy.folder / "constructed.safetensors"
    observed(copy, "original", "weights", "--outputs", made)
    safetensors.numpy.save_file(sources.trained(load(made)), weights)
    return weights


def float_bound(copy, weights, given, reference):
    """How far two programs may be apart that round in other places, per output.

    Noise of AMPLITUDE on every operator moves the answer by `spread`. A sum of K terms rounds K times; the errors add like the
    root of K, so either program moves by at most sqrt(K) * ROUNDING / AMPLITUDE of that.
    """
    longest = max((int(numpy.prod(values.shape[1:])) for values in load(weights).values() if values.ndim > 1), default=1)
    spread = {name: 0.0 for name in reference}
    for seed in range(NOISY_RUNS):
        out = copy.folder / "noisy.safetensors"
        observed(copy, "original", "run", "--weights", weights, "--inputs", given, "--outputs", out, "--threads", 1,
                 OCTAVO_NOISE=str(AMPLITUDE), OCTAVO_NOISE_SEED=str(seed + 1), LD_PRELOAD=NOISE)
        for name, values in load(out).items():
            if values.dtype == numpy.float32 and values.size:
                spread[name] = max(spread[name], float(numpy.abs(values - reference[name]).max()))
    return {name: 2 * math.sqrt(max(longest, 16)) * ROUNDING / AMPLITUDE * moved for name, moved in spread.items()}


def cosine(a, b):
    a, b = a.astype(numpy.float64).ravel(), b.astype(numpy.float64).ravel()
    norm = numpy.linalg.norm(a) * numpy.linalg.norm(b)
    return 1.0 if norm == 0 and not a.any() and not b.any() else float(a @ b / norm)


def compiled(copy, given):
    out = copy.folder / "compiled.safetensors"
    run(OCTAVO, "run", copy.folder / "built", "--inputs", given, "--outputs", out)
    return load(out)


def check_original_bits(copy, weights, givens):
    """With the quantizers off the rewritten source answers with the original's bits. Returns these answers."""
    references = []
    for given in givens:
        answers = []
        for output in ("original", "built"):
            out = copy.folder / f"{output}.safetensors"
            observed(copy, output, "run", "--weights", weights, "--inputs", given, "--outputs", out, "--threads", 1)
            answers.append(load(out))
        require(set(answers[0]) == set(answers[1]), "the rewritten source has other outputs")
        for name, values in answers[0].items():
            require(values.tobytes() == answers[1][name].tobytes(), f"{given.stem}: {name} is not bit-equal with the quantizers off")
        references.append(answers[0])
    return references


def check_float(copy, weights, givens, references):
    worst = 0.0
    for given, reference in zip(givens, references):
        answers, bound = compiled(copy, given), float_bound(copy, weights, given, reference)
        for name, values in reference.items():
            require(answers[name].shape == values.shape, f"{given.stem}: {name} has shape {answers[name].shape}, not {values.shape}")
            if values.dtype != numpy.float32:
                require((answers[name] == values).all(), f"{given.stem}: {name} differs")
                continue
            difference = float(numpy.abs(answers[name] - values).max()) if values.size else 0.0
            require(difference <= bound[name], f"{given.stem}: {name} is {difference:.2e} from LibTorch, and may be {bound[name]:.2e}")
            worst = max(worst, difference / bound[name] if bound[name] else 0.0)
    return worst


def check_int8(copy, givens, references):
    least, answers = 1.0, []
    for given, reference in zip(givens, references):
        answers.append(compiled(copy, given))
        for name, values in reference.items():
            if values.dtype == numpy.float32:
                alike = cosine(answers[-1][name], values)
                require(alike >= LEAST_COSINE, f"{given.stem}: the cosine of {name} to LibTorch is {alike:.4f}")
                least = min(least, alike)
    return least, answers


def sites_of(sites, renamed):
    """What must not change: which sites there are, and what became of them."""
    return collections.Counter((mutate.original(site["id"], renamed), site["kind"], site["rule"], site["status"]) for site in sites)


def check_mutant(source, folder, weights, givens, sites, expected, seed):
    texts = [path.read_bytes().decode() for path in source.files()]
    mutated, renamed = mutate.mutants_of(texts, f"{source.name} {seed}")
    copy = Copy(source, folder, mutated)
    copy.build("built", weights)
    now = json.loads(copy.made("built", ".sites.json").read_text())["sites"]
    was, now = sites_of(sites, {}), sites_of(now, renamed)
    require(was == now, f"mutant {seed} has other sites: lost {list((was - now).elements())}, gained {list((now - was).elements())}")
    check_products(copy, "built")
    for given, answers in zip(givens, expected):
        for name, values in compiled(copy, given).items():
            require(values.tobytes() == answers[name].tobytes(), f"mutant {seed}: {given.stem}: {name} is another answer")


def check(source, mutants):
    folder = WORK / source.name
    sites = check_rewrite(source, folder / "rewrite")
    copy = Copy(source, folder / "whole")
    weights = make_original(copy)
    givens = []
    for seed, sizes in enumerate(source.sizes):
        givens.append(copy.folder / ("x".join(map(str, sizes.values())) + ".safetensors"))
        safetensors.numpy.save_file({name: numpy.ascontiguousarray(values) for name, values in source.random_inputs(sizes, seed).items()},
                                    givens[-1])
    copy.build("built", weights, "--precision", "fp32")
    of_sites, in_float = check_products(copy, "built")
    references = check_original_bits(copy, weights, givens)
    worst = check_float(copy, weights, givens, references)
    copy.build("built", weights)
    least, answers = check_int8(copy, givens, references)
    for seed in range(mutants):
        check_mutant(source, folder / f"mutant{seed}", weights, givens, sites, answers, seed)
    left = sum(1 for site in sites if site["status"] == "skipped")
    return (f"sites {len(sites) - left:3} edited {left:2} explained  products {of_sites:2} of sites {in_float:2} in float  "
            f"fp32 {worst:5.1%} of its bound  int8 cosine {least:.4f}")


def check_refused(source):
    """Refused with exit code 4, and a message that says where, what, and what would help."""
    copy = Copy(source, WORK / source.name)
    weights = copy.folder / "weights.safetensors"
    safetensors.numpy.save_file({}, weights)
    copy.build("built", weights, "--until", "observe")
    observed(copy, "built", "weights", "--outputs", weights)
    command = [OCTAVO, "build", *copy.units, "--module", source.module, *source.input_options(), "--weights", weights, "-o",
               copy.folder / "built", "--quiet"]
    done = run(*command, code=4)
    require(re.search(r"\.cpp:\d+(:\d+)?: error: ", done.stderr), f"no place in\n{done.stderr}")
    for phrase in source.refused:
        require(phrase in done.stderr, f"'{phrase}' is not in\n{done.stderr}")
    return "refused: " + re.sub(r"\s+", " ", done.stderr.split("error: ")[1])[:100]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    known = {source.name: source for source in sources.all_sources() + sources.refused_sources()}
    for name in options.names:
        if name not in known:
            sys.exit(f"no source {name}; there are {', '.join(known)}")
    chosen = list(known.values()) if options.all else [known[name] for name in options.names]
    failed = 0

    def attempt(source):
        try:
            return "ok     ", check_refused(source) if source.refused else check(source, options.mutants)
        except Failure as failure:
            return "FAILED ", str(failure)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(attempt, source): source for source in chosen}
        for done in concurrent.futures.as_completed(running):
            source, (verdict, text) = running[done], done.result()
            failed += verdict == "FAILED "
            print(f"{verdict}{source.name:20} {text}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} sources pass")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
