#include "runtime/weights.h"

#include "runtime/error.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const octavo::Weights weights(file.path(), 1);
  } catch (const octavo::Error&) {
  }
  return 0;
}
