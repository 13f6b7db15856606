// Where Quantizers live: the class of the function that a call stands in, and the place after its last data member.
#pragma once

#include <set>
#include <string>

#include "rewriter/use.h"

namespace octavo::rewriter {

struct Home {
  std::string owner;  // key into Found::owners; empty if there is no such class
  Stay stays;         // then the reason
  bool is_const = false;
};

// Finds the class and records it in unit.found.owners, with the names that the function's variables take.
[[nodiscard]] Home home_of(const Use& use, const Unit& unit);

// Whether a class derives from torch::nn::Module, be it through a base that depends on a template's parameter.
[[nodiscard]] bool is_module(const clang::CXXRecordDecl* record);

}  // namespace octavo::rewriter
