// einsum of one operand (a permutation and sums) or two (a batched product).
#include <algorithm>
#include <cctype>

#include "codegen/passes/lower/composed.h"

namespace octavo::passes {

namespace {

// One letter a dim; the dims that "..." stands for are counted back from the last one: digits.
using Labels = std::string;

bool holds(const Labels& labels, char c) { return labels.find(c) != Labels::npos; }

// The letters of one term for a tensor of `rank` dims.
Labels labels_of(Lower& l, const std::string& term, size_t rank) {
  const size_t dots = term.find("...");
  const size_t letters = term.size() - (dots == std::string::npos ? 0 : 3);
  if (letters > rank || (dots == std::string::npos && letters != rank)) {
    l.refuse("'" + term + "' for a tensor of " + std::to_string(rank) + " dims", "check the equation");
  }
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (i == dots) {
      for (size_t n = rank - letters; n > 0; --n) labels += static_cast<char>('0' + n);
      i += 2;
    } else {
      labels += term[i];
    }
  }
  for (const char c : labels) {
    if (std::count(labels.begin(), labels.end(), c) > 1)
      l.refuse("a letter twice in one term", "take the diagonal apart");
  }
  return labels;
}

struct Equation {
  std::vector<Labels> in;
  Labels out;
};

Equation read(Lower& l) {
  std::string text = l.call.string("equation");
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  std::vector<std::string> terms(1);
  for (const char c : text.substr(0, arrow)) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  if (terms.size() != l.call.operands.size()) l.refuse("as many terms as operands are needed", "check the equation");
  if (terms.size() > 2) l.refuse("more than two operands", "multiply two at a time");
  Equation equation;
  for (size_t i = 0; i < terms.size(); ++i) equation.in.push_back(labels_of(l, terms[i], l.rank(i)));
  Labels all;
  for (const Labels& labels : equation.in) all += labels;
  if (arrow != std::string::npos) {
    std::string out = text.substr(arrow + 2);
    const size_t letters = out.size() - (out.find("...") == std::string::npos ? 0 : 3);
    equation.out = labels_of(l, out, out.find("...") == std::string::npos ? letters : l.result().shape.size());
    return equation;
  }
  // Without "->": the dims of "...", then the letters that stand once, in order of the alphabet.
  for (const char c : all) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 && !holds(equation.out, c)) equation.out += c;
  }
  std::sort(equation.out.begin(), equation.out.end(), std::greater<>());
  Labels once;
  for (const char c : all) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 && std::count(all.begin(), all.end(), c) == 1) once += c;
  }
  std::sort(once.begin(), once.end());
  equation.out += once;
  return equation;
}

// The operand summed over what `wanted` lacks, its dims in the order of `wanted`.
ValueId arranged(Lower& l, ValueId x, Labels labels, const Labels& wanted) {
  std::vector<int64_t> gone;
  Labels kept;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (holds(wanted, labels[i])) {
      kept += labels[i];
    } else {
      gone.push_back(static_cast<int64_t>(i));
    }
  }
  if (!gone.empty()) x = reduced(l, "sum", x, gone, false);
  std::vector<int64_t> order;
  for (const char c : wanted) order.push_back(static_cast<int64_t>(kept.find(c)));
  return l.r.permute(x, order);
}

Labels where(const Labels& labels, const std::function<bool(char)>& keep) {
  Labels result;
  std::copy_if(labels.begin(), labels.end(), std::back_inserter(result), keep);
  return result;
}

void product_of_two(Lower& l, const Equation& e) {
  const Labels &a = e.in[0], &b = e.in[1], &out = e.out;
  const Labels batch = where(out, [&](char c) { return holds(a, c) && holds(b, c); });
  const Labels left = where(out, [&](char c) { return holds(a, c) && !holds(b, c); });
  const Labels right = where(out, [&](char c) { return !holds(a, c) && holds(b, c); });
  const Labels summed = where(a, [&](char c) { return holds(b, c) && !holds(out, c); });
  std::map<char, Dim> size;
  for (size_t i = 0; i < 2; ++i) {
    for (size_t d = 0; d < e.in[i].size(); ++d) {
      const auto [at, first] = size.emplace(e.in[i][d], l.type(i).shape[d]);
      if (!first && !(at->second == l.type(i).shape[d])) {
        l.refuse(std::string("'") + e.in[i][d] + "' has two sizes", "expand the smaller one in the source");
      }
    }
  }
  const auto dims = [&](const Labels& labels) {
    Shape shape;
    for (const char c : labels) shape.push_back(size.at(c));
    return shape;
  };
  const auto matrices = [&](const Labels& x, const Labels& y, const Labels& z) {
    Shape shape = {product(dims(x)), product(dims(y)), product(dims(z))};
    if (x.empty()) shape.erase(shape.begin());
    return shape;
  };
  // Without a batch the matrices have two dims: with a parameter it is a linear then.
  const ValueId lhs = l.r.reshape(arranged(l, l.in(0), a, batch + left + summed), matrices(batch, left, summed));
  const ValueId rhs = l.r.reshape(arranged(l, l.in(1), b, batch + summed + right), matrices(batch, summed, right));
  const ValueId y = l.r.reshape(l.r.emit("matmul", {lhs, rhs}), dims(batch + left + right));
  l.done(arranged(l, y, batch + left + right, out));
}

void einsum(Lower& l) {
  const Equation equation = read(l);
  for (const char c : equation.out) {
    if (std::none_of(equation.in.begin(), equation.in.end(), [&](const Labels& in) { return holds(in, c); })) {
      l.refuse(std::string("'") + c + "' is in no operand", "check the equation");
    }
  }
  if (equation.in.size() == 1) return l.done(arranged(l, l.in(0), equation.in[0], equation.out));
  product_of_two(l, equation);
}

}  // namespace

const Lowerings& einsum_lowerings() {
  static const Lowerings table = {{"aten.einsum", einsum}};
  return table;
}

}  // namespace octavo::passes
