#include "rewriter/tokens.h"

#include <clang/Basic/LangOptions.h>
#include <clang/Lex/Lexer.h>

#include <set>

namespace octavo::rewriter {

std::vector<Token> tokens_of(const std::string& text, Comments comments) {
  clang::LangOptions language;
  language.CPlusPlus = language.CPlusPlus11 = language.CPlusPlus20 = language.RawStringLiterals = true;
  language.LineComment = language.Bool = true;
  clang::Lexer lexer(clang::SourceLocation(), language, text.data(), text.data(), text.data() + text.size());
  lexer.SetCommentRetentionState(comments == Comments::kept);
  std::vector<Token> tokens;
  clang::Token token;
  while (!lexer.LexFromRawLexer(token) && token.isNot(clang::tok::eof)) {
    const size_t end = lexer.getBufferLocation() - text.data();
    const size_t begin = end - token.getLength();
    tokens.push_back({text.substr(begin, end - begin), begin, end, token.is(clang::tok::raw_identifier),
                      token.is(clang::tok::comment)});
  }
  return tokens;
}

bool needs_parentheses(const std::string& expression) {
  static const std::set<std::string> operators = {"+", "-", "*", "/",  "%",  "!",  "~",  "&",  "|",  "^",  "?",
                                                  ":", ",", "=", "&&", "||", "==", "!=", "+=", "-=", "*=", "/="};
  int depth = 0;
  for (const Token& token : tokens_of(expression)) {
    if (token.text == "(" || token.text == "[" || token.text == "{") ++depth;
    if (token.text == ")" || token.text == "]" || token.text == "}") --depth;
    if (depth == 0 && operators.contains(token.text)) return true;
  }
  return false;
}

}  // namespace octavo::rewriter
