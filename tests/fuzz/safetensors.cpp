#include "base/safetensors.h"

#include "base/error.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const auto tensors = octavo::base::Safetensors::open(file.path());
    for (const auto& [name, info] : tensors.tensors()) (void)tensors.bytes(name);
  } catch (const octavo::base::Error&) {
  }
  return 0;
}
