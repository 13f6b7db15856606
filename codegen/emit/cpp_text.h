// Pieces of C++: names, literals, size expressions, and calls broken at the column limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/graph/dim.h"
#include "codegen/graph/graph.h"

namespace octavo::emit {

// A C++ identifier for any text: other characters become _, a keyword or a name of the emitted file gets _ behind.
[[nodiscard]] std::string identifier(std::string_view text);
// The size as C++ over the dims' identifiers: "B * S * 384".
[[nodiscard]] std::string expression(const graph::Dim& dim);
[[nodiscard]] std::string list(const graph::Shape& shape);  // {B, S, 384}
[[nodiscard]] std::string string_literal(std::string_view text);
// The nearest literal of a value: 0.125f, -std::numeric_limits<float>::infinity().
[[nodiscard]] std::string float_literal(double value);
[[nodiscard]] std::string double_literal(double value);
[[nodiscard]] std::string int64_literal(int64_t value);

// The element type in C++ and the octavo::DType; f16, bf16 and f64 have none: Error (refused) at `where`.
[[nodiscard]] std::string cpp_type(graph::DType dtype, const base::Place& where);
[[nodiscard]] std::string runtime_dtype(graph::DType dtype, const base::Place& where);

// `head` + items + `tail`, items broken to lines of 120 columns as clang-format would: "f(a, b);".
[[nodiscard]] std::vector<std::string> wrapped(const std::string& head, const std::vector<std::string>& items,
                                               const std::string& tail, int indent);

// Moves the comments behind neighbouring lines of code to one column.
void align_comments(std::vector<std::string>& lines);

// Whether `name` stands in the C++ text as a whole word that is no member.
[[nodiscard]] bool mentions(const std::string& text, const std::string& name);

// "file.cpp:57" with the folder left out: artefacts hold no paths.
[[nodiscard]] std::string place_text(const base::Place& where);

}  // namespace octavo::emit
