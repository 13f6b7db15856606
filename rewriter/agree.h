// Types that must change together: all places with one id (a member's declaration and its construction), and all ids
// that share one place (`torch::nn::Linear a, b;`, an alias). If one of them stays, all of them stay.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "rewriter/found.h"

namespace octavo::rewriter {

// Why each place stays; empty for those to be edited. `chosen`: what the user decided about a place.
[[nodiscard]] std::map<const TypeUse*, Stay> reasons_to_stay(const std::set<TypeUse>& types,
                                                             const std::function<Stay(const TypeUse&)>& chosen);

}  // namespace octavo::rewriter
