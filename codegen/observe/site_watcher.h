// Shows what each quantizable site computes, for comparisons layer by layer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "octavo/torch.h"

namespace octavo::observe {

// Sees the result of each operator that carries a site id (octavo::*), or normalises (layer_norm: its weight's path
// without ".weight"), while it lives. One at a time per thread.
class SiteWatcher {
 public:
  using Visit = std::function<void(const std::string& site, const at::Tensor& result)>;
  SiteWatcher(const torch::nn::Module& root, Visit visit);
  ~SiteWatcher();
  SiteWatcher(const SiteWatcher&) = delete;
  SiteWatcher& operator=(const SiteWatcher&) = delete;

 private:
  class Watching;
  std::unique_ptr<Watching> watching_;
};

}  // namespace octavo::observe
