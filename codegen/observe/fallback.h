// The hook into LibTorch's dispatcher: while a Hook lives, its `call` sees every operator this thread calls.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace octavo::observe {

class Listener {
 public:
  virtual ~Listener() = default;
  // Must run the operator: op.callBoxed(stack). Nothing called inside comes here again.
  virtual void call(const c10::OperatorHandle& op, torch::jit::Stack* stack) = 0;
};

class Hook {
 public:
  explicit Hook(Listener& listener);
  ~Hook();
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;

 private:
  Listener* outer_;
  c10::impl::IncludeDispatchKeyGuard guard_;
};

}  // namespace octavo::observe
