#include "generator.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "rewriter/tokens.h"

namespace octavo::rewriter {
namespace {

// std::uniform_int_distribution differs between libraries; this does not.
class Chance {
 public:
  explicit Chance(uint64_t seed) : bits_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  size_t below(size_t n) { return bits_() % n; }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 bits_;
};

struct Member {
  std::string name;
  bool holder = true;  // can be called; a shared_ptr has only ->forward
};

class Generator {
 public:
  explicit Generator(uint64_t number) : number_(std::to_string(number)), chance_(number) {}

  Program run() {
    choose_spelling();
    if (chance_.one_in(4)) add_own_norm();
    if (chance_.one_in(3)) add_free_function();
    const std::string net = module_class();
    const std::string text = macros_ + "namespace p" + number_ + " {\n" + opening_ + before_ + net + "}\n";
    return {text, "std::make_shared<p" + number_ + "::NetImpl>()", sites_};
  }

 private:
  const std::string number_;
  Chance chance_;
  std::map<std::string, Expected> sites_;
  std::string macros_, opening_, before_;  // before the namespace, at its start, before the class
  std::string linear_, linear_impl_;       // how Linear is spelled
  bool linear_is_alias_ = false;           // its uses then are no sites, the alias is
  std::vector<Member> linears_, norms_, embeddings_;
  std::vector<std::string> lists_;      // vectors of Linear
  std::vector<std::string> helpers_;    // member functions of one tensor
  std::vector<std::string> variables_;  // tensors in scope
  std::string fields_, registers_, functions_, initialisers_;
  bool can_edit_ = true;  // the function at hand can hold Quantizers
  size_t names_ = 0;
  std::set<std::string> used_;

  void edited(const std::string& rule, size_t count) { sites_[rule].edited += count; }
  void stays(const std::string& rule, size_t count) { sites_[rule].stays += count; }
  void linear_sites(size_t count) { edited("OCT101", linear_is_alias_ ? 0 : count); }

  void choose_spelling() {
    const auto spell = [&](const std::string& opening, const std::string& prefix) {
      opening_ = opening;
      linear_ = prefix + "Linear";
      linear_impl_ = prefix + "LinearImpl";
    };
    switch (chance_.below(5)) {
      case 0:
        return spell("", "torch::nn::");
      case 1:
        return spell("", "::torch::nn::");
      case 2:
        return spell("namespace nn = torch::nn;\n", "nn::");
      case 3:
        return spell("using namespace torch::nn;\n", "");
      default:
        spell("using Dense = torch::nn::Linear;\n", "torch::nn::");
        linear_ = "Dense";
        linear_is_alias_ = true;
        edited("OCT101", 1);
    }
  }

  // Unique, but near others: scores and scores_lhs, h and h_.
  std::string name(const std::vector<std::string>& stems) {
    std::string name = chance_.pick(stems) + (chance_.one_in(4) ? "_" : "");
    while (!used_.insert(name).second) name += std::to_string(++names_);
    return name;
  }

  // An own class of a library's name stays; what its function calls does not.
  void add_own_norm() {
    before_ +=
        "struct LayerNormImpl : torch::nn::Module {\n"
        "  torch::Tensor forward(torch::Tensor x) { return torch::layer_norm(x, {4}); }\n};\n";
    stays("OCT104", 1);
    edited("OCT104", 1);
  }

  void add_free_function() {
    before_ += "inline torch::Tensor apart(torch::Tensor q) { return torch::matmul(q, q.transpose(-1, -2)) / 4.0; }\n";
    stays("OCT103", 1);
    helpers_.push_back("apart");
  }

  // Members.

  void add_member(const std::string& field, const std::string& construction) {
    fields_ += "  " + field + "\n";
    registers_ += "    " + construction + "\n";
  }
  std::string registered(const std::string& member, const std::string& type) {
    return member + " = register_module(\"" + member + "\", " + type + ");";
  }

  void add_linear() {
    const std::string member = name({"query", "dense", "fc", "proj"}), other = name({"key", "value", "out"});
    switch (chance_.below(8)) {
      case 0:
        add_member(linear_ + " " + member + "{4, 4};", "register_module(\"" + member + "\", " + member + ");");
        linear_sites(1);
        break;
      case 1:
        add_member(linear_ + " " + member + "{nullptr};", registered(member, linear_ + "(4, 4)"));
        linear_sites(2);
        break;
      case 2:
        add_member(linear_ + " " + member + "{nullptr}, " + other + "{nullptr};",
                   registered(member, linear_ + "(4, 4)"));
        registers_ += "    " + registered(other, linear_ + "(torch::nn::LinearOptions(4, 4).bias(false))") + "\n";
        linears_.push_back({other});
        linear_sites(4);
        break;
      case 3:  // set in the initialiser list, from the options
        initialisers_ +=
            (initialisers_.empty() ? " : " : ", ") + member + "(torch::nn::LinearOptions(4, 4).bias(false))";
        add_member(linear_ + " " + member + ";", "register_module(\"" + member + "\", " + member + ");");
        linear_sites(1);
        break;
      case 4:
        add_member("std::vector<" + linear_ + "> " + member + ";",
                   "for (int i = 0; i < 2; ++i) " + member + ".push_back(register_module(\"list_" + member +
                       "\" + std::to_string(i), " + linear_ + "(4, 4)));");
        lists_.push_back(member);
        linear_sites(2);
        return;
      case 5:
        add_member("std::shared_ptr<" + linear_impl_ + "> " + member + ";",
                   registered(member, "std::make_shared<" + linear_impl_ + ">(4, 4)"));
        linears_.push_back({member, false});
        edited("OCT101", 2);
        return;
      case 6: {
        const std::string macro = "LAYER_" + number_ + "_" + member;
        macros_ += "#define " + macro + "(name) torch::nn::Linear name{nullptr}\n";
        add_member(macro + "(" + member + ");", registered(member, "torch::nn::Linear(4, 4)"));
        stays("OCT101", 2);
        break;
      }
      default:
        add_member("torch::nn::Sequential " + member + "{nullptr};",
                   registered(member, "torch::nn::Sequential(" + linear_ + "(4, 4), " + linear_ + "(4, 4))"));
        linear_sites(2);
        linears_.push_back({member, false});
        return;
    }
    linears_.push_back({member});
  }

  void add_norm() {
    const std::string member = name({"norm", "ln", "output_norm"});
    add_member("torch::nn::LayerNorm " + member + "{nullptr};",
               registered(member, "torch::nn::LayerNorm(std::vector<int64_t>{4})"));
    norms_.push_back({member});
  }

  void add_embedding() {
    const std::string member = name({"words", "positions"});
    add_member("torch::nn::Embedding " + member + "{nullptr};", registered(member, "torch::nn::Embedding(4, 4)"));
    edited("OCT102", 2);
    embeddings_.push_back({member});
  }

  // Expressions. A sum's text is in parentheses unless it is an argument; `depth` bounds the nesting.

  std::string call_of(const Member& member, const std::string& argument) {
    return member.name + (member.holder && chance_.one_in(2) ? "(" : "->forward(") + argument + ")";
  }

  void count(const std::string& rule, size_t operands) {
    if (can_edit_) {
      edited(rule, operands);
    } else {
      stays(rule, 1);
    }
  }

  std::string product(int depth) {
    const std::string a = expression(depth - 1), b = atom(depth - 1);
    switch (chance_.below(7)) {
      case 0:
        count("OCT103", 2);
        return "torch::matmul(" + a + ", " + b + ")";
      case 1:
        count("OCT103", 2);
        return "torch::bmm(" + a + ", " + b + ")";
      case 2:
        count("OCT103", 2);
        return "torch::matmul(" + a + ", " + b + ".transpose(-1, -2)) / 2.0";
      case 3:
        count("OCT103", 2);
        return object(a) + ".matmul(" + b + ")";
      case 4:
        count("OCT103", 2);
        return "torch::einsum(\"bij,bjk->bik\", {" + a + ", " + b + "})";
      case 5:
        count("OCT103", 2);
        return "torch::linear(" + a + ", " + object(b) + ".select(0, 0))";
      default:
        count("OCT103", 3);
        return "torch::scaled_dot_product_attention(" + a + ", " + b + ", " + chance_.pick(variables_) + ")";
    }
  }

  // What a member function is called on.
  static std::string object(const std::string& text) { return needs_parentheses(text) ? "(" + text + ")" : text; }

  std::string norm(int depth) {
    const size_t summands = 1 + chance_.below(3);
    std::string sum = atom(depth - 1);
    for (size_t i = 1; i < summands; ++i) {
      switch (chance_.below(3)) {
        case 0:
          sum = "torch::add(" + sum + ", " + atom(depth - 1) + ")";
          break;
        case 1:
          sum = object(sum) + ".add(" + atom(depth - 1) + ")";
          break;
        default:
          sum += " + " + atom(depth - 1);
      }
    }
    count("OCT104", summands);
    if (norms_.empty() || chance_.one_in(4)) return "torch::layer_norm(" + sum + ", {4})";
    return call_of(chance_.pick(norms_), sum);
  }

  std::string linear(int depth) {
    return linears_.empty() ? atom(0) : call_of(chance_.pick(linears_), expression(depth - 1));
  }

  // No sum at its top.
  std::string atom(int depth) {
    if (depth <= 0) return chance_.pick(variables_);
    switch (chance_.below(8)) {
      case 0:
      case 1:
        return "torch::softmax(" + product(depth) + ", -1)";
      case 2:
        return norm(depth);
      case 3:
        return linear(depth);
      case 4:
        return object(expression(depth - 1)) + ".transpose(-1, -2)";
      case 5:
        return helpers_.empty() ? atom(0) : chance_.pick(helpers_) + "(" + expression(depth - 1) + ")";
      case 6:
        return embeddings_.empty() ? atom(0)
                                   : call_of(chance_.pick(embeddings_), object(expression(depth - 1)) + ".argmax(-1)");
      default:
        return "torch::softmax(" + expression(depth - 1) + ", -1)";
    }
  }

  std::string expression(int depth) {
    switch (chance_.below(4)) {
      case 0:
        return product(std::max(depth, 1));
      case 1:
        return atom(depth) + (chance_.one_in(2) ? " + " : " * ") + atom(depth - 1);
      default:
        return atom(depth);
    }
  }

  // Functions.

  std::string statement() {
    switch (chance_.below(6)) {
      case 0:
        return variables_.back() + " = " + expression(2) + ";";
      case 1:
        if (!lists_.empty())
          return "for (auto& layer : " + chance_.pick(lists_) + ") " + variables_.back() + " = layer(" +
                 variables_.back() + ");";
        [[fallthrough]];
      case 2:
        return lambda();
      case 3:
        return macro_product();
      default:
        return declaration();
    }
  }

  std::string declaration() {
    const std::string value = expression(2);
    const std::string variable = name({"scores", "scores_lhs", "context", "h", "output"});
    variables_.push_back(variable);
    return (chance_.one_in(2) ? "auto " : "torch::Tensor ") + variable + " = " + value + " * 1.0;";
  }

  std::string lambda() {
    const std::string function = name({"attend", "mix"});
    const bool captures = chance_.one_in(2);
    const bool before = can_edit_;
    can_edit_ = can_edit_ && captures;
    const std::string body = product_of_t();
    can_edit_ = before;
    return "auto " + function + " = [" + (captures ? "&" : "") + "](torch::Tensor t) { return " + body + "; };\n    " +
           variables_.back() + " = " + function + "(" + variables_.back() + ");";
  }

  // Uses no member, so that a lambda without captures compiles.
  std::string product_of_t() {
    count("OCT103", 2);
    return chance_.one_in(2) ? "t.bmm(t)" : "torch::softmax(torch::matmul(t, t), -1)";
  }

  std::string macro_product() {
    const std::string macro = "MM_" + number_ + "_" + std::to_string(++names_);
    macros_ += "#define " + macro + "(a, b) torch::matmul(a, b)\n";
    stays("OCT103", 1);
    return variables_.back() + " = " + macro + "(" + chance_.pick(variables_) + ", " + chance_.pick(variables_) + ");";
  }

  std::string body() {
    variables_ = {"x"};
    std::string text = "{\n";
    for (size_t i = 1 + chance_.below(4); i > 0; --i) text += "    " + statement() + "\n";
    return text + "    return " + expression(2) + ";\n  }\n";
  }

  void add_helper() {
    const std::string function = name({"split", "attend", "mlp"});
    switch (chance_.below(3)) {
      case 0:
        can_edit_ = false;
        functions_ += "  static torch::Tensor " + function + "(torch::Tensor x) { return " + square() + "; }\n";
        can_edit_ = true;
        break;
      case 1:
        functions_ += "  torch::Tensor " + function + "(torch::Tensor x) const { return " + square() + "; }\n";
        break;
      default:
        functions_ += "  torch::Tensor " + function + "(torch::Tensor x) " + body();
    }
    helpers_.push_back(function);
  }
  std::string square() {
    count("OCT103", 2);
    return "x.matmul(x)";
  }

  std::string module_class() {
    for (size_t i = 1 + chance_.below(3); i > 0; --i) add_linear();
    for (size_t i = chance_.below(3); i > 0; --i) add_norm();
    if (chance_.one_in(2)) add_embedding();
    for (size_t i = chance_.below(3); i > 0; --i) add_helper();
    const std::string forward = body();
    const bool holder = chance_.one_in(2), apart = chance_.one_in(3), members_first = chance_.one_in(2);
    const std::string constructor = "  NetImpl()" + initialisers_ + " {\n" + registers_ + "  }\n";
    const std::string declared =
        apart ? "  torch::Tensor forward(torch::Tensor x);\n" : "  torch::Tensor forward(torch::Tensor x) " + forward;
    std::string text = chance_.one_in(2) ? "struct NetImpl : torch::nn::Module {\n"
                                         : "class NetImpl : public torch::nn::Module {\n public:\n";
    text +=
        (members_first ? fields_ : "") + constructor + functions_ + declared + (members_first ? "" : fields_) + "};\n";
    if (holder) text += "TORCH_MODULE(Net);\n";
    return apart ? text + "inline torch::Tensor NetImpl::forward(torch::Tensor x) " + forward : text;
  }
};

// Text without preprocessor lines; ends with a new line if it did.
std::string with_other_gaps(const std::string& text, Chance& chance) {
  static const std::vector<std::string> gaps = {" ", "  ", "\n", "\n\t", " /* gap */ ", " // gap\n", "\r\n"};
  std::string result;
  size_t done = 0;
  for (const Token& token : tokens_of(text)) {
    const std::string gap = text.substr(done, token.begin - done);
    if (chance.one_in(gap.empty() ? 20 : 3)) {
      result += chance.pick(gaps);
    } else {
      result += gap;
    }
    result += token.text;
    done = token.end;
  }
  return result + text.substr(done);
}

}  // namespace

Program generate(uint64_t number) { return Generator(number).run(); }

std::string reformatted(const std::string& text, uint64_t seed) {
  Chance chance(seed);
  std::string result, chunk;
  const auto finish_chunk = [&] {
    result += with_other_gaps(chunk, chance);
    chunk.clear();
  };
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string line = text.substr(begin, end - begin);
    if (line.starts_with('#')) {
      finish_chunk();
      result += line;
    } else {
      chunk += line;
    }
    begin = end;
  }
  finish_chunk();
  return result;
}

}  // namespace octavo::rewriter
