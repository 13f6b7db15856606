#include "cli/observations.h"

#include <cstring>

namespace octavo::cli {

namespace {
void copy_dim(const octavo_observation& seen, int32_t dim, int64_t offset, size_t element, std::byte*& to) {
  if (dim == seen.rank) {
    std::memcpy(to, static_cast<const std::byte*>(seen.data) + offset * static_cast<int64_t>(element), element);
    to += element;
    return;
  }
  for (int64_t i = 0; i < seen.shape[dim]; ++i) copy_dim(seen, dim + 1, offset + i * seen.strides[dim], element, to);
}
}  // namespace

Tensor copy_of(const octavo_observation& seen) {
  Tensor tensor{static_cast<octavo_dtype>(seen.dtype), {seen.shape, seen.shape + seen.rank}, {}};
  tensor.bytes.resize(static_cast<size_t>(tensor.elements()) * size_of(tensor.dtype));
  std::byte* to = tensor.bytes.data();
  copy_dim(seen, 0, 0, size_of(tensor.dtype), to);
  return tensor;
}

}  // namespace octavo::cli
