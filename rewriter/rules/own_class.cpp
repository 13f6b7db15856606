#include "rewriter/rules/own_class.h"

#include "rewriter/home.h"
#include "rewriter/matchers.h"

namespace octavo::rewriter {

void find_own_class(const Unit& unit, const Rule& rule, const std::string& name) {
  for (const Match& match : matches(own_class(name), unit)) {
    const auto& record = *match.getNodeAs<clang::CXXRecordDecl>("class");
    const Place place = unit.place(record.getLocation());
    if (!is_module(&record) || !unit.scope.users(place.spot.file)) continue;
    Use use;
    use.record = &record;
    TypeUse type;
    type.spot = place.spot;
    type.kind = rule.kind;
    type.rule = rule.id;
    type.id = type.module = use.module();
    type.binding = false;
    type.stays = {Why::own_class, record.getNameAsString()};
    unit.add(type);
  }
}

}  // namespace octavo::rewriter
