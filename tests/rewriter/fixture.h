// Rewrites texts in memory over the stand-in LibTorch, and checks what every rewrite must satisfy.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rewriter/rewrite.h"

namespace octavo::rewriter {

inline const std::string model_path = "/model/model.cpp";

// The source with `#include <torch/torch.h>` in front.
[[nodiscard]] std::string source(const std::string& body);
[[nodiscard]] Options options_for(const std::string& text);

// Rewrites one file. Fails the test unless it parses.
[[nodiscard]] Result rewrite_text(const std::string& text, Options options = {});

// What every rewrite must satisfy: a second run changes nothing, the result parses, reversing it gives the original
// bytes with the site file and, if claimed, without, git takes the diff, and what stays has a reason.
void check_properties(const Result& result);

// git applies the file's diff and gets the rewritten bytes.
void check_git_takes(const FileResult& file);

// The body after rewriting; checks the properties.
[[nodiscard]] std::string rewritten(const std::string& body);
// Nothing may be edited; returns the remarks' texts.
[[nodiscard]] std::vector<std::string> remarks_of_unchanged(const std::string& body);

// A module class with members and a forward of one Tensor each.
[[nodiscard]] std::string module(const std::string& members, const std::string& forward);

}  // namespace octavo::rewriter
