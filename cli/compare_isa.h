// octavo compare --isa: a model gives the same bits on every instruction set of this CPU, with 1 and with 2
// threads, for each sample alone and in a batch of two.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace octavo::cli {

// Done when all are equal; else check_failed, and the first layer that differs is printed.
base::Exit compare_isa(const std::filesystem::path& folder, const std::string& inputs, bool json);

}  // namespace octavo::cli
