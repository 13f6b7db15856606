// The character classes that BERT's tokenizer asks for, as Hugging Face's `tokenizers` answers. Its tables
// stand at Unicode 8, so they are kept here as they are rather than taken from a library that moves with
// Unicode.
#pragma once

namespace octavo::text {

bool is_other(char32_t c);            // control, format, private use
bool is_nonspacing_mark(char32_t c);  // what strip_accents drops
bool is_punctuation(char32_t c);      // every ASCII symbol counts, '$' and '~' too
bool is_whitespace(char32_t c);       // White_Space
bool is_chinese(char32_t c);          // CJK ideographs; with the gap 2B820..2B91F that `tokenizers` has

}  // namespace octavo::text
