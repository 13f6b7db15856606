// An outlier list as a weights file may hold it, for a matrix of the sizes that the first bytes say: what the check lets
// through is multiplied by every instruction set of this CPU, within its memory and to the same bits.
#include "runtime/kernels/linear_s8/outliers.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/threads.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace octavo;
  if (size < 3) return 0;
  const int64_t n = 1 + data[0] % 40, k = 1 + data[1] % 64, rows = 1 + data[2] % 20, k4 = (k + 3) / 4 * 4;
  // A copy of its own: the sanitizer sees a read beyond it.
  std::vector<uint32_t> list((size - 3) / sizeof(uint32_t));
  if (list.empty()) return 0;
  std::memcpy(list.data(), data + 3, list.size() * sizeof(uint32_t));
  if (outliers_complaint(std::as_bytes(std::span(list)), n, k) != nullptr) return 0;
  const std::vector<int8_t> w(static_cast<size_t>(n * k), 1);
  const std::vector<float> scale(static_cast<size_t>(n), 1.0f), q_scale(static_cast<size_t>(rows), 1.0f);
  PackedS8Data packed = pack_linear_s8(w.data(), scale.data(), nullptr, n, k);
  packed.outliers = list;
  const std::vector<uint8_t> q(static_cast<size_t>(rows * k4), data[0]);
  static Threads one(1);
  std::vector<float> first;
  for (const Isa& isa : isas()) {
    if (!isa.supported) continue;
    std::vector<float> y(static_cast<size_t>(rows * n));
    linear_s8({*isa.kernels, one}, rows, q.data(), q_scale.data(), packed.view(), Activation::none, y.data(), n);
    if (first.empty()) first = y;
    if (y != first) std::abort();
  }
  return 0;
}
