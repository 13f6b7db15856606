// What a tensor is to the runtime: a pointer, a dtype, a shape and strides. Views own nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace octavo {

inline constexpr int kMaxRank = 8;

// The values are part of the C ABI (octavo_dtype) and of the weights file: never renumber.
enum class DType : uint8_t { f32 = 0, i64 = 1, i32 = 2, boolean = 3, u8 = 4, s8 = 5 };

inline constexpr int kDTypeCount = 6;

constexpr size_t size_of(DType t) { return t == DType::i64 ? 8 : (t == DType::f32 || t == DType::i32) ? 4 : 1; }

constexpr const char* name_of(DType t) {
  switch (t) {
    case DType::f32:
      return "float32";
    case DType::i64:
      return "int64";
    case DType::i32:
      return "int32";
    case DType::boolean:
      return "bool";
    case DType::u8:
      return "uint8";
    case DType::s8:
      return "int8";
  }
  return "unknown";
}

template <typename T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return DType::f32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return DType::i64;
  else if constexpr (std::is_same_v<T, int32_t>)
    return DType::i32;
  else if constexpr (std::is_same_v<T, bool>)
    return DType::boolean;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return DType::u8;
  else {
    static_assert(std::is_same_v<T, int8_t>, "no octavo dtype for this type");
    return DType::s8;
  }
}

// A strided view. Strides count elements, not bytes; stride 0 broadcasts; rank 0 is a scalar. A boolean is
// one byte, 0 or 1.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  int rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t stride[kMaxRank] = {};

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }

  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= shape[i];
    return n;
  }
};

// A row-major view: the last dim has stride 1. The const overload is for operands; kernels never write to an
// operand.
inline View contiguous(const void* data, DType dtype, const int64_t* shape, int rank) {
  View v{const_cast<void*>(data), dtype, rank, {}, {}};
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    v.shape[i] = shape[i];
    v.stride[i] = step;
    step *= shape[i];
  }
  return v;
}

template <typename T>
View contiguous(const T* data, std::initializer_list<int64_t> shape) {
  return contiguous(data, dtype_of<T>(), shape.begin(), static_cast<int>(shape.size()));
}

// Any strided view: view(q, {B, S, H}, {S * 3 * H, 3 * H, 1}).
template <typename T>
View strided(const T* data, std::initializer_list<int64_t> shape, std::initializer_list<int64_t> stride) {
  View v{const_cast<T*>(data), dtype_of<T>(), static_cast<int>(shape.size()), {}, {}};
  int i = 0;
  for (int64_t s : shape) v.shape[i++] = s;
  i = 0;
  for (int64_t s : stride) v.stride[i++] = s;
  return v;
}

constexpr int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

}  // namespace octavo
