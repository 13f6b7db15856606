#include "codegen/observe/site_watcher.h"

#include "codegen/observe/fallback.h"
#include "codegen/observe/registered.h"

namespace octavo::observe {

class SiteWatcher::Watching : public Listener {
 public:
  Watching(const torch::nn::Module& root, Visit visit) : visit_(std::move(visit)), registered_(root), hook_(*this) {}

  void call(const c10::OperatorHandle& op, torch::jit::Stack* stack) override {
    const std::string site = site_of(op.schema(), torch::jit::last(*stack, op.schema().arguments().size()));
    op.callBoxed(stack);
    if (!site.empty() && stack->back().isTensor()) visit_(site, stack->back().toTensor());
  }

 private:
  Visit visit_;
  Registered registered_;
  Hook hook_;

  [[nodiscard]] std::string site_of(const c10::FunctionSchema& schema, c10::ArrayRef<c10::IValue> arguments) const {
    const bool norm = schema.operator_name().name == "aten::layer_norm";
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string& name = schema.arguments()[i].name();
      if (name == "site") return arguments[i].toStringRef();
      if (!norm || name != "weight" || !arguments[i].isTensor() || !arguments[i].toTensor().defined()) continue;
      const Registered::Entry* entry = registered_.find(arguments[i].toTensor());
      if (entry == nullptr || !entry->name.ends_with(".weight")) return {};
      return entry->name.substr(0, entry->name.size() - std::string_view(".weight").size());
    }
    return {};
  }
};

SiteWatcher::SiteWatcher(const torch::nn::Module& root, Visit visit)
    : watching_(std::make_unique<Watching>(root, std::move(visit))) {}
SiteWatcher::~SiteWatcher() = default;

}  // namespace octavo::observe
