"""Changes of a source that mean nothing: other names for members and variables, members in another order, another format.

What Octavo makes of a source must not depend on them.
"""
import random
import re
import subprocess

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|[A-Za-z_]\w*|\d[\w.\']*|::|->|\s+|.',
                   re.M | re.S)
DECLARED = re.compile(r"\b(?:auto|Tensor|int64_t|int|size_t|double|Linear|Embedding|LayerNorm|Dropout|ModuleList|Sequential|"
                      r"(?!class|struct|return|using|namespace)[A-Z]\w+)\s*[&*]?\s+[&*]?([a-z_]\w*)\s*(?=[;={(,)])")
FURTHER = re.compile(r"(?:\{nullptr\}|= nullptr|\w)\s*,\s*([a-z]\w*)\s*(?=\{nullptr\}|= nullptr|[,;])")
# Members of LibTorch's classes that sources read as data, and words of the language that look like declarations.
KEPT = {"weight", "bias", "forward", "reset", "options", "operator", "module", "key", "value", "first", "second"}
MEMBER_LINE = re.compile(r"^[ \t]+(?:torch::nn::|nn::|torch::)?[A-Z]\w*(?:<[\w, ]+>)? [a-z_]\w*(?:\{nullptr\}|= nullptr| = nullptr)?"
                         r"(?:, [a-z_]\w*(?:\{nullptr\}| = nullptr)?)*;[ \t]*\r?$")


def tokens(text):
    return TOKEN.findall(text)


def is_name(token):
    return re.fullmatch(r"[A-Za-z_]\w*", token) is not None


def renameable(texts):
    """Names that the sources declare as members or variables and that mean nothing to LibTorch where they are used."""
    candidates, kept = set(), set(KEPT)
    for text in texts:
        candidates |= set(DECLARED.findall(text)) | set(FURTHER.findall(text))
        if "TORCH_ARG" in text:
            kept |= {name + end for name in re.findall(r"TORCH_ARG\([^,]+, (\w+)\)", text) for end in ("", "_")}
        solid = [token for token in tokens(text) if not token.isspace()]
        for i, token in enumerate(solid):
            before = solid[i - 1] if i else ""
            after = solid[i + 1] if i + 1 < len(solid) else ""
            if "::" in (before, after) or (before in (".", "->") and after == "(" and solid[i - 2] != "this"):
                kept.add(token)
            if token.startswith("#"):
                kept |= set(re.findall(r"\w+", token))
    return sorted(candidates - kept)


def other_name(name, number):
    """Unlike the old one, but for what Octavo takes from a name: that it speaks of a norm, and its outer underscores."""
    stem = f"norm{number}qz" if "norm" in name.lower() else f"zq{number}x"
    return "_" * (len(name) - len(name.lstrip("_"))) + stem + "_" * (len(name) - len(name.rstrip("_")))


def rename(texts, source_of_chance):
    names = [name for name in renameable(texts) if source_of_chance.random() < 0.8]
    renamed = {name: other_name(name, number) for number, name in enumerate(names)}
    return ["".join(renamed.get(token, token) for token in tokens(text)) for text in texts], renamed


def reorder(text, source_of_chance):
    """Members of module type on neighbouring lines change places."""
    lines, done, i = text.split("\n"), [], 0
    while i < len(lines):
        end = i
        while end < len(lines) and MEMBER_LINE.match(lines[end]):
            end += 1
        block = lines[i:end]
        source_of_chance.shuffle(block)
        done += block or [lines[i]]
        i = max(end, i + 1)
    return "\n".join(done)


def reformat(text, source_of_chance):
    choose = source_of_chance.choice
    style = {"BasedOnStyle": choose(["LLVM", "Google", "Chromium", "Mozilla", "WebKit", "Microsoft", "GNU"]),
             "ColumnLimit": choose([70, 80, 100, 120, 0]), "IndentWidth": choose([2, 3, 4, 8]),
             "UseTab": choose(["Never", "Always"]), "PointerAlignment": choose(["Left", "Right", "Middle"]),
             "BinPackParameters": choose(["true", "false"]), "BreakConstructorInitializers": choose(["BeforeComma", "AfterColon"]),
             "AllowShortFunctionsOnASingleLine": choose(["None", "All"]), "SpacesInParentheses": choose(["true", "false"]),
             "BreakBeforeBraces": choose(["Attach", "Allman", "Whitesmiths"]), "ReflowComments": "false",
             "SortIncludes": "Never", "InsertBraces": choose(["true", "false"])}
    command = ["clang-format-19", "--style={" + ", ".join(f"{k}: {v}" for k, v in style.items()) + "}"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode()


def mutants_of(texts, seed):
    """The texts of one mutant, and {old name: new name}."""
    chance = random.Random(seed)
    changed, renamed = rename(texts, chance)
    return [reformat(reorder(text, chance), chance) for text in changed], renamed


def original(text, renamed):
    """A site id or any text with the old names."""
    for old, new in renamed.items():
        text = re.sub(r"(?<![A-Za-z0-9])" + re.escape(new.strip("_")) + r"(?![A-Za-z0-9])", old.strip("_"), text)
    return text
