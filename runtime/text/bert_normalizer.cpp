#include "runtime/text/bert_normalizer.h"

#include <utf8proc.h>

#include <new>
#include <stdexcept>

#include "runtime/text/unicode_classes.h"

namespace octavo::text {
namespace {

std::u32string clean(std::u32string_view text) {
  std::u32string out;
  for (char32_t c : text) {
    bool line_or_tab = c == '\t' || c == '\n' || c == '\r';
    if (c == 0 || c == 0xFFFD || (!line_or_tab && is_other(c))) continue;
    out.push_back(is_whitespace(c) ? U' ' : c);
  }
  return out;
}

std::u32string space_chinese(std::u32string_view text) {
  std::u32string out;
  for (char32_t c : text) {
    if (is_chinese(c)) {
      out.append({U' ', c, U' '});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::u32string decompose(std::u32string_view text) {
  auto canonical = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE);
  std::u32string out;
  std::vector<utf8proc_int32_t> code_points;
  for (char32_t c : text) {
    utf8proc_int32_t parts[32];
    int boundary = 0;
    auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, 32, canonical, &boundary);
    if (n < 0 || n > 32) throw std::runtime_error(std::string("utf8proc: ") + utf8proc_errmsg(n));
    for (utf8proc_ssize_t i = 0; i < n; ++i) out.push_back(static_cast<char32_t>(parts[i]));
  }
  return out;
}

// Marks that follow a letter come in the order of their combining class (Unicode 3.11, canonical ordering).
void order_marks(std::u32string& text) {
  auto combining_class = [](char32_t c) {
    return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
  };
  for (size_t i = 1; i < text.size(); ++i) {
    auto rank = combining_class(text[i]);
    if (rank == 0) continue;
    for (size_t j = i; j > 0 && combining_class(text[j - 1]) > rank; --j) std::swap(text[j - 1], text[j]);
  }
}

std::u32string strip_accents(std::u32string_view text) {
  std::u32string out = decompose(text);
  order_marks(out);
  std::erase_if(out, is_nonspacing_mark);
  return out;
}

std::u32string lower(std::u32string_view text) {
  std::u32string out;
  for (char32_t c : text) {
    if (c == 0x130) {
      out.append({U'i', char32_t{0x307}});  // the only letter whose lower case is two characters
    } else {
      out.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

}  // namespace

std::u32string normalize(std::u32string_view text, const BertNormalizer& steps) {
  std::u32string out(text);
  if (steps.clean_text) out = clean(out);
  if (steps.handle_chinese_chars) out = space_chinese(out);
  if (steps.strip_accents.value_or(steps.lowercase)) out = strip_accents(out);
  if (steps.lowercase) out = lower(out);
  return out;
}

std::vector<std::u32string_view> split_words(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  size_t begin = 0;
  auto end_word = [&](size_t end) {
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_whitespace(text[i])) {
      end_word(i);
    } else if (is_punctuation(text[i])) {
      end_word(i);
      words.push_back(text.substr(i, 1));
    }
  }
  end_word(text.size());
  return words;
}

}  // namespace octavo::text
