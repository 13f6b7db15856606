#include "codegen/calibrate/samples.h"

#include <cstdint>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace octavo::calibrate;
  static const auto inputs = parse_inputs({"ids:int64[B,S]", "weight:float32[B,S,2]"});
  try {
    (void)parse_jsonl({reinterpret_cast<const char*>(data), size}, inputs, "fuzz.jsonl");
  } catch (const octavo::base::Error&) {
  }
  return 0;
}
