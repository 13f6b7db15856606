// A file as raw tokens: comments, strings and preprocessor text told apart without parsing.
#pragma once

#include <string>
#include <vector>

namespace octavo::rewriter {

struct Token {
  std::string text;
  size_t begin = 0, end = 0;
  bool identifier = false, comment = false;
};

enum class Comments { left_out, kept };
[[nodiscard]] std::vector<Token> tokens_of(const std::string& text, Comments comments = Comments::left_out);

// Whether an expression's text has an operator that binds less than `.` outside of any brackets: a + b, !x, c ? a : b.
[[nodiscard]] bool needs_parentheses(const std::string& expression);

}  // namespace octavo::rewriter
