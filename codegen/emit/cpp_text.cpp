#include "codegen/emit/cpp_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

namespace octavo::emit {

using graph::DType;

namespace {

// What an input, a dim or a module may be called in the source, but no variable of the emitted file: C++ keywords, and
// the names which that file uses itself.
constexpr const char* kKeywords =
    "and asm auto bool break case catch char class concept const constexpr continue default delete do "
    "double else enum explicit export extern false float for friend goto if inline int int8_t int32_t "
    "int64_t long mutable namespace new not nullptr operator or private protected public register "
    "requires return short signed sizeof static struct switch template this throw true try typedef typeid "
    "typename uint8_t union unsigned using virtual void volatile while xor ";
constexpr const char* kOwnNames =
    "Attention Call Context EmbeddingTerm Inputs LayerNorm Model Outputs PackedF32 PackedS8 Program Run "
    "Session Step StepSpec View NULL arange arena_bytes assert attention attention_scratch_bytes binary bytes call "
    "check_elements context contiguous copy cumsum dims embedding_sum end errno fake_quantize fill gather inputs "
    "kSlots kSections kSteps layer_norm linear_f32 linear_s8 linear_s8_quantized linear_s8_quantized_scratch_bytes "
    "main matmul octavo observed offset outputs place_slots program quantize_rows reduce round_up run scalar_view "
    "scatter section shape slot softmax sort sort_scratch_bytes std step strided threads unary where ";

}  // namespace

std::string identifier(std::string_view text) {
  static const std::set<std::string, std::less<>> kTaken = [] {
    std::istringstream words(kKeywords + std::string(" ") + kOwnNames);
    return std::set<std::string, std::less<>>(std::istream_iterator<std::string>(words), {});
  }();
  std::string result;
  for (const char c : text) result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front()))) result = "x" + result;
  if (kTaken.contains(result)) result += "_";
  return result;
}

std::string expression(const graph::Dim& dim) {
  const std::string text = dim.text();
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (std::isalpha(static_cast<unsigned char>(text[i])) || text[i] == '_') {
      const size_t begin = i;
      while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_')) ++i;
      result += identifier(text.substr(begin, i - begin));
    } else {
      result += text[i] == '*' ? std::string(" * ") : text[i] == '/' ? std::string(" / ") : std::string(1, text[i]);
      ++i;
    }
  }
  return result;
}

std::string list(const graph::Shape& shape) {
  std::string result;
  for (const graph::Dim& dim : shape) result += (result.empty() ? "" : ", ") + expression(dim);
  return "{" + result + "}";
}

std::string string_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += std::string("\\") + c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\{:03o}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

namespace {

template <typename T>
std::string floating_literal(T value, const char* type, const char* suffix) {
  if (std::isnan(value)) return fmt::format("std::numeric_limits<{}>::quiet_NaN()", type);
  if (std::isinf(value)) return fmt::format("{}std::numeric_limits<{}>::infinity()", value < 0 ? "-" : "", type);
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + suffix;
}

struct TypeRow {
  DType dtype;
  const char* cpp;
  const char* runtime;
};
constexpr TypeRow kTypes[] = {{DType::f32, "float", "f32"},   {DType::i64, "int64_t", "i64"},
                              {DType::i32, "int32_t", "i32"}, {DType::boolean, "bool", "boolean"},
                              {DType::u8, "uint8_t", "u8"},   {DType::s8, "int8_t", "s8"}};

const TypeRow& type_row(DType dtype, const base::Place& where) {
  for (const TypeRow& row : kTypes) {
    if (row.dtype == dtype) return row;
  }
  throw base::Error(base::Exit::refused, where, std::string("no kernel computes in ") + graph::name(dtype),
                    "cast to float32 or int64 there");
}

}  // namespace

std::string float_literal(double value) { return floating_literal(static_cast<float>(value), "float", "f"); }
std::string double_literal(double value) { return floating_literal(value, "double", ""); }

std::string int64_literal(int64_t value) {
  // The most negative number has no literal of its own.
  return value == std::numeric_limits<int64_t>::min() ? "INT64_MIN" : std::to_string(value);
}

std::string cpp_type(DType dtype, const base::Place& where) { return type_row(dtype, where).cpp; }
std::string runtime_dtype(DType dtype, const base::Place& where) {
  return std::string("DType::") + type_row(dtype, where).runtime;
}

std::vector<std::string> wrapped(const std::string& head, const std::vector<std::string>& items,
                                 const std::string& tail, int indent) {
  constexpr size_t kColumns = 120;
  const std::string margin(static_cast<size_t>(indent), ' ');
  // Further lines begin under the first item; where that leaves no room, four columns in.
  size_t longest = 0;
  for (const std::string& item : items) longest = std::max(longest, item.size() + tail.size() + 1);
  const size_t under = margin.size() + head.size();
  const bool room = under + longest <= kColumns && under <= kColumns / 2;
  const std::string next = room ? std::string(under, ' ') : margin + "    ";
  std::vector<std::string> lines = {margin + head};
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string piece = items[i] + (i + 1 < items.size() ? "," : tail);
    const std::string space = i == 0 ? "" : " ";
    if (lines.back().size() + space.size() + piece.size() > kColumns) {
      lines.push_back(next + piece);
    } else {
      lines.back() += space + piece;
    }
  }
  if (items.empty()) lines.back() += tail;
  return lines;
}

void align_comments(std::vector<std::string>& lines) {
  // Where the comment of a line begins, if it follows code.
  const auto comment_of = [](const std::string& line) {
    const size_t at = line.find("  // ");
    return at == std::string::npos || line.find_first_not_of(' ') > at ? std::string::npos : at;
  };
  for (size_t begin = 0; begin < lines.size();) {
    size_t end = begin, column = 0;
    for (; end < lines.size() && comment_of(lines[end]) != std::string::npos; ++end) {
      column = std::max(column, comment_of(lines[end]));
    }
    for (size_t i = begin; i < end; ++i) {
      const size_t at = comment_of(lines[i]);
      lines[i].insert(at, column - at, ' ');
    }
    begin = std::max(end, begin + 1);
  }
}

bool mentions(const std::string& text, const std::string& name) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const bool left = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.');
    const bool right = at + name.size() == text.size() || !is_word(text[at + name.size()]);
    if (left && right) return true;
  }
  return false;
}

std::string place_text(const base::Place& where) {
  if (where.file.empty()) return {};
  const std::string file = std::filesystem::path(where.file).filename().string();
  return where.line > 0 ? file + ":" + std::to_string(where.line) : file;
}

}  // namespace octavo::emit
