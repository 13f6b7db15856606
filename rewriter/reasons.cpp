#include "rewriter/reasons.h"

#include <iterator>

namespace octavo::rewriter {
namespace {

constexpr const char* kNothing = "nothing";

// Examples are whole bodies of a source that includes torch/torch.h.
constexpr Reason kReasons[] = {
    {.why = Why::macro,
     .id = "OCT201",
     .says = "inside the macro {}",
     .lost = nullptr,
     .fix = "write out here what {} stands for: editing the macro could change its other uses",
     .before = "#define LAYER(name) torch::nn::Linear name{nullptr}\n"
               "struct NetImpl : torch::nn::Module { LAYER(hidden); };\n",
     .after = "struct NetImpl : torch::nn::Module { torch::nn::Linear hidden{nullptr}; };\n"},
    {.why = Why::together,
     .id = "OCT202",
     .says = "changes only together with {}",
     .lost = nullptr,
     .fix = "give it a declaration and a construction of its own",
     .before =
         "struct NetImpl : torch::nn::Module {\n"
         "  NetImpl() { first = torch::nn::Linear(4, 4); }\n"
         "  torch::nn::Linear first{nullptr}, second = torch::nn::Linear(4, 4);  // octavo: keep(OCT101) too small\n"
         "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  NetImpl() { first = torch::nn::Linear(4, 4); }\n"
              "  torch::nn::Linear first{nullptr};\n"
              "  torch::nn::Linear second{4, 4};  // octavo: keep(OCT101) too small\n"
              "};\n"},
    {.why = Why::dependent,
     .id = "OCT203",
     .says = "depends on a template's parameter",
     .lost = nullptr,
     .fix = "give the operands their type, torch::Tensor: the callee is known only when the template is instantiated",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  template <class T>\n"
               "  T scores(T q, T k) { return q.matmul(k); }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return q.matmul(k); }\n"
              "};\n"},
    {.why = Why::free_function,
     .id = "OCT204",
     .says = "in a free function, which has no member to hold a Quantizer",
     .lost = nullptr,
     .fix = "make it a member function of the module that calls it",
     .before = "torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
              "};\n"},
    {.why = Why::static_function,
     .id = "OCT205",
     .says = "in a static function, which has no object to hold a Quantizer",
     .lost = nullptr,
     .fix = "leave out `static`",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  static torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
              "};\n"},
    {.why = Why::no_module,
     .id = "OCT206",
     .says = "{} does not derive from torch::nn::Module",
     .lost = nullptr,
     .fix = "derive {} from torch::nn::Module and register it with the module that holds it",
     .before = "struct Scores {\n"
               "  torch::Tensor run(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
               "};\n",
     .after = "struct Scores : torch::nn::Module {\n"
              "  torch::Tensor run(torch::Tensor q, torch::Tensor k) { return torch::matmul(q, k); }\n"
              "};\n"},
    {.why = Why::lambda,
     .id = "OCT207",
     .says = "in a lambda that does not capture this",
     .lost = nullptr,
     .fix = "capture it: write [this] or [&]",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  torch::Tensor forward(torch::Tensor x) {\n"
               "    auto square = [](torch::Tensor a) { return a.mm(a); };\n"
               "    return square(x);\n"
               "  }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor forward(torch::Tensor x) {\n"
              "    auto square = [this](torch::Tensor a) { return a.mm(a); };\n"
              "    return square(x);\n"
              "  }\n"
              "};\n"},
    {.why = Why::initializer,
     .id = "OCT208",
     .says = "runs before the class's Quantizers exist",
     .lost = nullptr,
     .fix = "move it from the initialiser to the constructor's body",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  explicit NetImpl(torch::Tensor w) : gram(w.mm(w)) {}\n"
               "  torch::Tensor gram;\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  explicit NetImpl(torch::Tensor w) { gram = w.mm(w); }\n"
              "  torch::Tensor gram;\n"
              "};\n"},
    {.why = Why::pointer,
     .id = "OCT209",
     .says = "called through a pointer",
     .lost = nullptr,
     .fix = "call it on the tensor: write (*x).matmul(y)",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  torch::Tensor scores(torch::Tensor* q, torch::Tensor k) { return q->matmul(k); }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor scores(torch::Tensor* q, torch::Tensor k) { return (*q).matmul(k); }\n"
              "};\n"},
    {.why = Why::own_class,
     .id = "OCT210",
     .says = "an own class, only called {} like the one of torch::nn",
     .lost = "the class itself stays in float; products in its functions are matched as anywhere",
     .fix = "nothing, where an own class is meant; else name the library's: torch::nn::Linear",
     .before = "struct LinearImpl : torch::nn::Module { torch::Tensor weight; };\n"
               "struct NetImpl : torch::nn::Module { std::shared_ptr<LinearImpl> dense; };\n",
     .after = "struct NetImpl : torch::nn::Module { std::shared_ptr<torch::nn::LinearImpl> dense; };\n"},
    {.why = Why::base_class,
     .id = "OCT211",
     .says = "the base of an own class, whose forward stays in float",
     .lost = nullptr,
     .fix = "hold the library's module as a member instead of deriving from it",
     .before = "struct ScaledImpl : torch::nn::LinearImpl { using LinearImpl::LinearImpl; };\n",
     .after = "struct ScaledImpl : torch::nn::Module { torch::nn::Linear linear{4, 4}; };\n"},
    {.why = Why::type_test,
     .id = "OCT212",
     .says = "a cast or a test of the type, which finds the quantised module too",
     .lost = kNothing,
     .fix =
         "nothing: the quantised module derives from it; but run the member, since forward() of the cast's result is "
         "the float one",
     .before = "void freeze(torch::nn::Module& module) { module.as<torch::nn::LinearImpl>(); }\n",
     .after = nullptr},
    {.why = Why::library_module,
     .id = "OCT213",
     .says =
         "its products are in LibTorch's own forward and run in float: write them with torch::nn::Linear members to "
         "have them in INT8",
     .lost = nullptr,
     .fix = "write the module with torch::nn::Linear members and torch::matmul, as in models/bert.cpp",
     .before = "struct NetImpl : torch::nn::Module { torch::nn::MultiheadAttention attention{8, 2}; };\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::nn::Linear query{8, 8}, key{8, 8}, value{8, 8};\n"
              "  torch::Tensor forward(torch::Tensor x) {\n"
              "    return torch::scaled_dot_product_attention(query->forward(x), key->forward(x), value->forward(x));\n"
              "  }\n"
              "};\n"},
    {.why = Why::einsum_form,
     .id = "OCT214",
     .says = "einsum whose equation or two operands are not written in the call",
     .lost = nullptr,
     .fix = "write equation and operands in the call: torch::einsum(\"bqd,bkd->bqk\", {q, k})",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  torch::Tensor scores(const char* how, torch::Tensor q, torch::Tensor k) {\n"
               "    return torch::einsum(how, {q, k});\n"
               "  }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor scores(torch::Tensor q, torch::Tensor k) {\n"
              "    return torch::einsum(\"bqd,bkd->bqk\", {q, k});\n"
              "  }\n"
              "};\n"},
    {.why = Why::einsum_other,
     .id = "OCT215",
     .says = "einsum that is not a product of two tensors",
     .lost = kNothing,
     .fix = "nothing, where no sum of products is meant: an einsum is edited if two operands share an index that the "
            "result "
            "lacks",
     .before =
         "struct NetImpl : torch::nn::Module {\n"
         "  torch::Tensor outer(torch::Tensor a, torch::Tensor b) { return torch::einsum(\"i,j->ij\", {a, b}); }\n"
         "};\n",
     .after =
         "struct NetImpl : torch::nn::Module {\n"
         "  torch::Tensor outer(torch::Tensor a, torch::Tensor b) { return torch::einsum(\"ik,jk->ij\", {a, b}); }\n"
         "};\n"},
    {.why = Why::header,
     .id = "OCT216",
     .says = "in a header that --header-filter does not name",
     .lost = nullptr,
     .fix = "pass --header-filter with a regular expression for {}",
     .before = nullptr,
     .after = nullptr},
    {.why = Why::class_place,
     .id = "OCT217",
     .says = "its class {}",
     .lost = nullptr,
     .fix = "declare the class where its text can be edited",
     .before = "#define MODULE(Name) struct Name : torch::nn::Module { torch::Tensor run(torch::Tensor x); }\n"
               "MODULE(Net);\n"
               "torch::Tensor Net::run(torch::Tensor x) { return x.mm(x); }\n",
     .after = "struct Net : torch::nn::Module { torch::Tensor run(torch::Tensor x); };\n"
              "torch::Tensor Net::run(torch::Tensor x) { return x.mm(x); }\n"},
    {.why = Why::two_files,
     .id = "OCT218",
     .says = "begins and ends in different files",
     .lost = nullptr,
     .fix = "write it in one file",
     .before = nullptr,
     .after = nullptr},
    {.why = Why::policy,
     .id = "OCT219",
     .says = "excluded by the policy{}",
     .lost = nullptr,
     .fix = "take the entry out of [rewrite] skip in octavo.toml",
     .before = nullptr,
     .after = nullptr},
    {.why = Why::kept,
     .id = "OCT220",
     .says = "kept by a comment: {}",
     .lost = nullptr,
     .fix = "take the comment out",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  torch::nn::Linear head{4, 4};  // octavo: keep(OCT101) two outputs, not worth it\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::nn::Linear head{4, 4};\n"
              "};\n"},
    {.why = Why::convolution,
     .id = "OCT221",
     .says = "a convolution, which runs in float",
     .lost = "its weights stay in float, and its product runs in float",
     .fix = "where its kernels do not overlap, write a reshape and a torch::nn::Linear",
     .before = "struct NetImpl : torch::nn::Module { torch::nn::Conv2d patches{3, 8, 4}; };\n",
     .after = "struct NetImpl : torch::nn::Module { torch::nn::Linear patches{48, 8}; };\n"},
    {.why = Why::float_product,
     .id = "OCT222",
     .says = "a product without an INT8 form, which runs in float",
     .lost = nullptr,
     .fix = "write it with torch::matmul or a torch::nn::Linear",
     .before = "struct NetImpl : torch::nn::Module {\n"
               "  torch::Tensor run(torch::Tensor a, torch::Tensor b) { return torch::tensordot(a, b, {1}, {0}); }\n"
               "};\n",
     .after = "struct NetImpl : torch::nn::Module {\n"
              "  torch::Tensor run(torch::Tensor a, torch::Tensor b) { return torch::matmul(a, b); }\n"
              "};\n"},
    {.why = Why::float_run,
     .id = "OCT223",
     .says = "runs the float forward of what the cast finds, and changes only when {} does",
     .lost = nullptr,
     .fix = "let that module change too, or call the member itself",
     .before = "struct MineImpl : torch::nn::LinearImpl { using LinearImpl::LinearImpl; };\n"
               "torch::Tensor run(torch::nn::Module& module, torch::Tensor x) {\n"
               "  return module.as<torch::nn::LinearImpl>()->forward(x);\n"
               "}\n",
     .after = "torch::Tensor run(torch::nn::Module& module, torch::Tensor x) {\n"
              "  return module.as<torch::nn::LinearImpl>()->forward(x);\n"
              "}\n"},
    {.why = Why::left_out,
     .id = "OCT301",
     .says = "left out by the preprocessor, so nothing in this region was looked at",
     .lost = "what the region holds stays in float when it is compiled",
     .fix = "rewrite once more with the macros of that configuration, -DNAME after --",
     .before = "#ifdef WITH_HEAD\n"
               "torch::nn::Linear head(4, 4);\n"
               "#endif\n",
     .after = "torch::nn::Linear head(4, 4);\n"},
    {.why = Why::needs_site_file,
     .id = "OCT302",
     .says = "--reverse of this file needs the site file: its text alone does not tell how torch::nn was spelled",
     .lost = kNothing,
     .fix = "keep the report of this rewrite: --report sites.json, then --reverse --sites sites.json",
     .before = "namespace nn = torch::nn;\n"
               "nn::Linear a(4, 4);\n"
               "torch::nn::Linear b(4, 4);\n"
               "nn::Dropout d;\n"
               "torch::nn::Dropout e;\n",
     .after = "namespace nn = torch::nn;\n"
              "nn::Linear a(4, 4);\n"
              "nn::Linear b(4, 4);\n"
              "nn::Dropout d;\n"
              "nn::Dropout e;\n"},
    {.why = Why::idle_keep,
     .id = "OCT303",
     .says = "this keep({}) keeps nothing: no place of that rule is on its line or the line after it",
     .lost = kNothing,
     .fix = "take the comment out, or put it on the line of the place or the line before",
     .before = "// octavo: keep(OCT101) the line after is no place of that rule\n"
               "int heads = 4;\n",
     .after = "int heads = 4;\n"},
    {.why = Why::include,
     .id = "OCT304",
     .says = "the edits of this file need #include <octavo/torch.h>",
     .lost = kNothing,
     .fix = "take the include with any of them",
     .before = nullptr,
     .after = nullptr},
};

std::string filled(const char* text, const std::string& detail) {
  std::string result = text;
  for (size_t at = result.find("{}"); at != std::string::npos; at = result.find("{}", at + detail.size()))
    result.replace(at, 2, detail);
  return result;
}

}  // namespace

std::span<const Reason> reasons() { return kReasons; }

const Reason& reason(Why why) {
  static_assert(std::size(kReasons) == static_cast<size_t>(Why::include));
  return kReasons[static_cast<size_t>(why) - 1];
}

std::string Stay::text() const { return empty() ? std::string() : filled(reason(why).says, detail); }

std::string Stay::fix_text() const {
  if (empty()) return {};
  return fix.empty() ? filled(reason(why).fix, detail) : fix;
}

}  // namespace octavo::rewriter
