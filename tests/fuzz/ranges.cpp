#include "codegen/calibrate/ranges.h"

#include "base/error.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    (void)octavo::calibrate::read_ranges(file.path());
  } catch (const octavo::base::Error&) {
  }
  return 0;
}
