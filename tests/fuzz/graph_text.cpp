#include <cstdint>
#include <cstdlib>

#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"

// What parses prints, and prints the same after a second reading.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace octavo::graph;
  try {
    const std::string text = print(parse({reinterpret_cast<const char*>(data), size}));
    const Graph again = parse(text);
    if (print(again) != text) std::abort();
    verify(again, "fuzzing");
  } catch (const octavo::base::Error&) {
  }
  return 0;
}
