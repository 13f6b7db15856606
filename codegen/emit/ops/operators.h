// One function per family of operators: it asks the Body for operands in the kernel's form and adds the call. The
// table in table.cpp is the list of what can be emitted.
#pragma once

#include <string>
#include <vector>

#include "codegen/emit/body.h"

namespace octavo::emit {

struct Operator {
  const char* name;
  int least, most;     // operands; most -1: any number
  const char* header;  // of its kernel, "" for a pure view
  void (*emit)(Body&, const Call&);
};

// Null for an operator that has no emitter.
[[nodiscard]] const Operator* find_operator(const std::string& name);
[[nodiscard]] std::vector<std::string> operator_names();

// movement.cpp: another view where strides can say it, else a copy
void emit_reshape(Body&, const Call&);
void emit_permute(Body&, const Call&);
void emit_expand(Body&, const Call&);
void emit_slice(Body&, const Call&);
void emit_select(Body&, const Call&);
void emit_cat(Body&, const Call&);
void emit_copy(Body&, const Call&);
// elementwise.cpp
void emit_unary(Body&, const Call&);
void emit_binary(Body&, const Call&);
void emit_where(Body&, const Call&);
void emit_cast(Body&, const Call&);
// make.cpp
void emit_arange(Body&, const Call&);
void emit_full(Body&, const Call&);
// reduce.cpp
void emit_reduce(Body&, const Call&);
void emit_softmax(Body&, const Call&);
void emit_cumsum(Body&, const Call&);
void emit_gather(Body&, const Call&);
void emit_scatter(Body&, const Call&);
void emit_sort(Body&, const Call&);
// product.cpp
void emit_matmul(Body&, const Call&);
void emit_linear(Body&, const Call&);
void emit_linear_s8(Body&, const Call&);
// quantize.cpp
void emit_quantize_rows(Body&, const Call&);
void emit_fake_quantize(Body&, const Call&);
// layer_norm.cpp, attention.cpp, embedding.cpp
void emit_layer_norm(Body&, const Call&);
void emit_attention(Body&, const Call&);
void emit_embedding(Body&, const Call&);
void emit_embedding_sum(Body&, const Call&);

// ---- for the emitters (arguments.cpp)
// A dim attribute, counted from the end when negative; Error (refused) when out of range.
[[nodiscard]] size_t dim_index(const Call& call, const std::string& key, size_t rank);
[[nodiscard]] size_t dim_index(const Call& call, int64_t dim, size_t rank);
// "Activation::gelu_erf"
[[nodiscard]] std::string activation_text(const Call& call);
// "linear_s8+gelu_erf+add": what an observer is told, since it sees the value behind the activation and the residual.
[[nodiscard]] std::string observed_name(const Call& call);
[[noreturn]] void refuse(const Call& call, const std::string& cause, const std::string& fix = {});

}  // namespace octavo::emit
