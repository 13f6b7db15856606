// Takes the rewriter's edits out again and gives back the original bytes. It works on tokens, so no LibTorch is
// needed. With the site file of the rewrite the originals of replaced types are known; without it they follow from
// how the file spells torch::nn elsewhere, and where that is not certain the file is refused.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

// Reverses the sources, one FileResult each. Throws Error (refused) for a file that it cannot restore.
[[nodiscard]] Result reverse(const Options& options, const std::optional<std::filesystem::path>& site_file = {});

// The parts, for one text. `spellings`: what each `octavo::nn::Quant…` replaced, in order, "" for one to keep;
// null: found from the text.
[[nodiscard]] std::set<std::string> declared_quantizers(const std::string& text);
[[nodiscard]] std::vector<Edit> reversing_edits(const std::string& text, const std::set<std::string>& quantizers,
                                                const std::vector<std::string>* spellings, const std::string& file);

}  // namespace octavo::rewriter
