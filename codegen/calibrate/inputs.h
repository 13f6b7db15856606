// The declaration of one model input on the command line: `input_ids:int64[B,S]`.
//
//   name ':' dtype '[' [dim {',' dim}] ']'      a dim is a positive number or a name; the same name is the
//   same size
//
// Rank 0 is `name:dtype[]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codegen/graph/graph.h"

namespace octavo::calibrate {

struct InputDecl {
  std::string name;
  graph::DType dtype = graph::DType::i64;
  graph::Shape dims;  // constants and single names

  [[nodiscard]] std::string text() const;  // as parsed
  friend bool operator==(const InputDecl&, const InputDecl&) = default;
};

// dtypes: int64 int32 float32 bool (also i64 i32 f32). Throws base::Error (usage) that shows the text with a
// caret.
[[nodiscard]] InputDecl parse_input(std::string_view text);
// All of them; names must differ.
[[nodiscard]] std::vector<InputDecl> parse_inputs(const std::vector<std::string>& texts);
// Named dims in order of first appearance.
[[nodiscard]] std::vector<std::string> dim_names(const std::vector<InputDecl>& inputs);
// Whether every input has the same first dim: the batch, which a line of samples leaves out.
[[nodiscard]] bool share_leading_dim(const std::vector<InputDecl>& inputs);

// `B=1,S=128` as sizes. Throws base::Error (usage) for anything else, for a size below 1, and unless exactly
// the dims of `names` are given.
[[nodiscard]] graph::Dim::Sizes parse_sizes(std::string_view text, const std::vector<std::string>& names);

}  // namespace octavo::calibrate
