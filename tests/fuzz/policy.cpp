#include "base/policy.h"

#include <cstdint>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto policy = octavo::base::Policy::parse({reinterpret_cast<const char*>(data), size}, "octavo.toml");
    (void)policy.site(octavo::base::SiteKind::linear, "encoder.layer.0.output.dense");
  } catch (const octavo::base::Error&) {
  }
  return 0;
}
