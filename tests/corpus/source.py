"""A source of the corpus: its directives, its files, inputs for it and weights for it.

Directives stand in comments at the head of the file, one a line: `// corpus: NAME = VALUE`. A line without a known name says
what the source is.

  module   the expression for --module
  input    name:dtype[dims], then `below N` for indices; other integers and booleans are masks of ones, then zeros
  sizes    the sizes it is run at, besides those the trace chose: B=2,S=17 B=1,S=1
  units    further sources, from tests/corpus/sources
  headers  --header-filter
  refused  a source that must be refused: phrases that the message must hold, separated by " | "
"""
import pathlib
import re

import numpy

HERE = pathlib.Path(__file__).resolve().parent
DIRECTIVE = re.compile(r"^// corpus: (?:(module|input|sizes|units|headers|refused) = )?(.*?)\r?$", re.M)
INPUT = re.compile(r"(\w+):(\w+)\[([^\]]*)\](?: below (\d+))?$")


class Source:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.root = path.parent
        found = {}
        for key, value in DIRECTIVE.findall(path.read_bytes().decode()):
            found.setdefault(key, []).append(value)
        self.about = " ".join(found[""])
        self.module, = found["module"]
        self.inputs = [INPUT.match(value) for value in found["input"]]
        self.units = [HERE / "sources" / unit for words in found.get("units", []) for unit in words.split()]
        self.headers = found.get("headers", [""])[0]
        self.refused = [phrase for text in found.get("refused", []) for phrase in text.split(" | ")]
        self.sizes = [dict((dim, int(size)) for dim, size in re.findall(r"(\w+)=(\d+)", words))
                      for words in found.get("sizes", [""])[0].split()]

    def files(self):
        """Every file that it is made of: the sources, and the headers of a source with a folder of its own."""
        headers = sorted(self.root.glob("*.h")) if self.headers else []
        return [self.path, *self.units, *headers]

    def input_options(self):
        return [word for match in self.inputs for word in ("--input", f"{match[1]}:{match[2]}[{match[3]}]")]

    def random_inputs(self, sizes, seed):
        random = numpy.random.default_rng(seed)
        made = {}
        for match in self.inputs:
            shape = [sizes.get(dim) or int(dim) for dim in match[3].split(",")]
            if match[2] == "float32":
                made[match[1]] = random.standard_normal(shape).astype(numpy.float32)
            elif match[4]:
                made[match[1]] = random.integers(0, int(match[4]), shape, dtype=numpy.int64)
            else:
                lengths = random.integers(1, shape[-1] + 1, shape[:-1])
                kept = numpy.arange(shape[-1]) < lengths[..., None]
                made[match[1]] = kept if match[2] == "bool" else kept.astype(numpy.int64)
        return made


def trained(weights, seed=1):
    """Weights as constructed, but no gain is 1 and no bias 0: what is left out or applied twice must show."""
    random = numpy.random.default_rng(seed)
    for name, values in sorted(weights.items()):
        if values.dtype != numpy.float32 or values.size == 0 or values.min() != values.max():
            continue
        noise = random.standard_normal(values.shape).astype(numpy.float32)
        weights[name] = values + numpy.abs(noise) * 0.2 if "running_var" in name else values + 0.1 * noise
    return weights


def all_sources():
    paths = [path for path in sorted((HERE / "sources").rglob("*.cpp")) if b"// corpus: module" in path.read_bytes()]
    return [Source(path) for path in paths]


def refused_sources():
    return [Source(path) for path in sorted((HERE / "refused").glob("*.cpp"))]
