"""Which source writes what: every form of the dialect occurs in the corpus, and README.md lists where.

  dialect.py            checks both
  dialect.py --write    writes the table into README.md
"""
import re
import sys

import source as sources

# What people write, and how it looks. Each form must occur in some source.
FORMS = [
    ("struct XImpl with TORCH_MODULE", r"TORCH_MODULE\("),
    ("header and source apart, several units", r"corpus: units = "),
    ("class without holder in a shared_ptr", r"std::shared_ptr<\w+> \w+"),
    ("derived from Cloneable, parts made in reset()", r"torch::nn::Cloneable<"),
    ("class template over a type or a number", r"template <(class|int)"),
    ("`q->forward(x)`", r"\w->forward\(\w"),
    ("`q(x)`", r"\b(q_proj|query|q)\(\w"),
    ("`Linear(in, out)`", r"Linear\(\w+, \w+\)"),
    ("`Linear(LinearOptions(…).bias(false))`", r"Linear\((torch::)?nn::LinearOptions\([^)]*\)\.bias\(false\)\)"),
    ("options straight in the init list", r"[,:] \w+\((torch::nn::|nn::)?LinearOptions\("),
    ("`register_module(\"q\", q);` after", r"^\s*register_module\(\"\w+\", \w+\);"),
    ("`q = register_module(\"q\", Linear(…))`", r"\w = register_module\(\s*\"\w+\",\s*(torch::)?nn::Linear\("),
    ("register_module in the init list", r"[,:] \w+\(register_module\("),
    ("registered name computed", r"register_module\((\w+ \+|\"\w+\" \+|\w+\()"),
    ("registered name that differs from the member's", r"words = register_module\(\"word_embeddings\""),
    ("several members in one declaration, `{nullptr}`", r"Linear \w+\{nullptr\}, \w+\{nullptr\}"),
    ("`= nullptr`", r"Linear \w+ = nullptr"),
    ("bare member set in the init list", r"^\s*(torch::)?nn::Linear \w+(, \w+)*;"),
    ("torch::matmul", r"torch::matmul\("),
    ("a.matmul(b)", r"\.matmul\("),
    ("bmm, free and member", r"torch::bmm\([\s\S]*\.bmm\("),
    ("mm", r"\.mm\("),
    ("addmm, baddbmm", r"baddbmm\([\s\S]*addmm\("),
    ("einsum that is a product", r"torch::einsum\(\"\w+,\w+->"),
    ("scaled_dot_product_attention", r"scaled_dot_product_attention\("),
    ("F::linear, torch::linear", r"F::linear\([\s\S]*torch::linear\("),
    ("ModuleList: `->as<Holder>()`", r"->as<(Layer|Cell|T5Block|EncoderLayer)>\(\)"),
    ("ModuleList: `->as<Impl>()`", r"->as<\w+Impl>\(\)"),
    ("ModuleList: `->at<Impl>(i)`", r"->at<\w+Impl>\("),
    ("ModuleList: range-for and index", r"for \((const )?auto ?& ?\w+ : \*"),
    ("Sequential of library modules", r"nn::Sequential\(|mlp\(nn::Linear"),
    ("Sequential of own modules", r"blocks->push_back\(Block"),
    ("vector of modules", r"std::vector<\w+> \w+;"),
    ("map of modules", r"std::map<std::string, torch::nn::Linear>"),
    ("LayerNorm by options", r"LayerNorm\((torch::)?(nn::)?LayerNormOptions\("),
    ("LayerNorm in the init list", r"[,:] \w+\((torch::nn::|nn::)?LayerNormOptions\("),
    ("torch::layer_norm, F::layer_norm", r"F::layer_norm\([\s\S]*torch::layer_norm\("),
    ("own norm class", r"struct (RMSNorm|T5LayerNorm)Impl"),
    ("own classes named Linear, LayerNorm, Embedding, MultiheadAttention", r"struct LinearImpl[\s\S]*struct MultiheadAttentionImpl"),
    ("library MultiheadAttention and TransformerEncoderLayer", r"nn::MultiheadAttention \w+;"),
    ("library TransformerEncoder and TransformerDecoder", r"nn::TransformerDecoder \w+;"),
    ("sizes in int, int64_t, auto and size_t", r"const size_t B = x\.size\(0\)"),
    ("-1 in view and reshape", r"\{B, S, -1\}"),
    ("slice, select, narrow, index({Slice})", r"index\(\{(torch::indexing::)?Slice\("),
    ("cat, stack, chunk, split, unbind, unflatten", r"unflatten\([\s\S]*unbind\("),
    ("expand, flatten, t()", r"\.expand\([\s\S]*flatten|flatten[\s\S]*\.expand\("),
    ("register_buffer, read by member and by named_buffers()", r"named_buffers\(\)\[\"bias\"\]"),
    ("arange, tril, triu, full in forward", r"torch::full\(\{length, length\}|torch::triu\("),
    ("masked_fill", r"\.masked_fill\("),
    ("additive mask", r"\(1\.0 - extended\) \* -10000\.0"),
    ("torch::where", r"torch::where\("),
    (".defined() and .numel() guards", r"\.defined\(\) && \w+\.numel\(\)"),
    ("optional<Tensor>", r"std::optional<torch::Tensor>"),
    ("default arguments", r"torch::Tensor mask = \{\}"),
    ("tuple, pair and vector results", r"std::tuple<[\s\S]*std::vector<torch::Tensor>"),
    ("structured bindings", r"auto&? \["),
    ("lambdas as sublayers", r"\[this(, &\w+)?\]\(const torch::Tensor"),
    ("std::function member", r"std::function<torch::Tensor"),
    ("softmax: free, member, F, options", r"F::softmax\(|functional::softmax\("),
    ("gelu: torch, module, tanh", r"nn::GELU\(\)|gelu\(\w+, \"tanh\"\)|torch::tanh\(std::sqrt"),
    ("silu and gates", r"torch::silu\(gate_proj"),
    ("dropout as identity", r"nn::Dropout\("),
    ("in place: add_ mul_ div_ masked_fill_ relu_ += -= *=", r"masked_fill_\([\s\S]*relu_\([\s\S]*mul_\([\s\S]* -= "),
    ("head tied by assigning the weight", r"lm_head->weight = \w+->weight"),
    ("head wte->weight.t()", r"wte->weight\.t\(\)"),
    ("rotary positions, grouped queries", r"rotate_half[\s\S]*repeat_interleave"),
    ("relative position buckets", r"relative_attention_bias"),
    ("positions counted by cumsum", r"torch::cumsum\("),
    ("one layer run many times", r"for \(int64_t i = 0; i < repeats; i\+\+\) x = layer\("),
    ("two lengths", r"int64\[B,T\]"),
    ("mixture of experts, dense gate", r"stacked[\s\S]*einsum"),
    ("convolution: patches, tokens, images", r"nn::Conv[12]dOptions\("),
    ("namespace, alias, using", r"namespace nn = torch::nn|using namespace torch::nn"),
    ("alias of torch::nn::Linear", r"using \w+ = torch::nn::Linear;"),
    ("tabs, Allman braces, 4 spaces, CRLF", r"^\t+torch::nn::"),
]
README = sources.HERE / "README.md"
BEGIN, END = "<!-- made by dialect.py --write -->\n", "<!-- end -->\n"


def table():
    texts = {source: "\n".join(path.read_text() for path in source.files()) for source in sources.all_sources()}
    rows, problems = [], []
    for form, looks in FORMS:
        names = [source.name for source, text in texts.items() if re.search(looks, text, re.M)]
        if not names:
            problems.append(f"no source writes: {form}")
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        rows.append(f"| {form} | {', '.join(names[:4])}{more} |".replace("\\|", "|"))
    about = [f"| {source.name} | {source.about} |" for source in [*texts, *sources.refused_sources()]]
    return ("| source | what it is |\n|---|---|\n" + "\n".join(about) + "\n\n| form | where |\n|---|---|\n" + "\n".join(rows) + "\n",
            problems)


def main():
    wanted, problems = table()
    text = README.read_text()
    head, rest = text.split(BEGIN)
    written, tail = rest.split(END)
    if "--write" in sys.argv:
        README.write_text(head + BEGIN + wanted + END + tail)
    elif written != wanted:
        problems.append("README.md lists something else: run dialect.py --write")
    for problem in problems:
        print(problem)
    print(f"{len(FORMS)} forms, {len(sources.all_sources())} sources, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
