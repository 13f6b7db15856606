#include "codegen/observe/fallback.h"

#include <torch/library.h>

namespace octavo::observe {

namespace {

constexpr c10::DispatchKey kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;
thread_local Listener* current = nullptr;

void fallback(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard once(kKey);
  if (current == nullptr) {
    op.callBoxed(stack);
  } else {
    current->call(op, stack);
  }
}

}  // namespace

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

Hook::Hook(Listener& listener) : outer_(current), guard_(kKey) { current = &listener; }
Hook::~Hook() { current = outer_; }

}  // namespace octavo::observe
