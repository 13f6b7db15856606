#include "codegen/emit/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>

#include "base/policy.h"
#include "codegen/emit/exact_pack.h"
#include "codegen/emit/site.h"
#include "codegen/emit/weights_check.h"
#include "runtime/error.h"
#include "runtime/kernels/linear_f32/pack.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/kernels/linear_s8/pack.h"

namespace octavo::emit {

using graph::Call;
using graph::kNone;
using graph::ValueId;
using graph::Weight;

namespace {

template <typename T>
size_t bytes_of(const std::vector<T>& values) {
  return values.size() * sizeof(T);
}

// The packers refuse what cannot be quantised; here the matrix and the source line are known.
template <typename Pack>
auto packed(const Call& call, const Weight& weight, Pack&& pack) {
  try {
    return pack();
  } catch (const octavo::Error& error) {
    throw base::Error(
        base::Exit::refused, call.where, module_names(weight) + ": " + error.what(),
        "keep this site in float: [[site]] match = \"" + module_names(weight) + "\" precision = \"float\"");
  }
}

// Whether the elements change places.
bool turns(const Weight& weight) { return !std::ranges::is_sorted(weight.order); }

// Row-major elements with their dims in another order.
template <typename T>
std::vector<T> permuted(const std::vector<T>& values, const std::vector<int64_t>& shape,
                        const std::vector<int64_t>& order) {
  const size_t rank = shape.size();
  std::vector<int64_t> stride(rank, 1), sizes(rank), steps(rank), at(rank, 0);
  for (size_t i = rank; i-- > 1;) stride[i - 1] = stride[i] * shape[i];
  for (size_t i = 0; i < rank; ++i) {
    sizes[i] = shape[static_cast<size_t>(order[i])];
    steps[i] = stride[static_cast<size_t>(order[i])];
  }
  std::vector<T> result;
  result.reserve(values.size());
  int64_t from = 0;
  while (result.size() < values.size()) {
    result.push_back(values[static_cast<size_t>(from)]);
    for (size_t i = rank; i-- > 0;) {
      from += steps[i];
      if (++at[i] < sizes[i]) break;
      from -= steps[i] * sizes[i];
      at[i] = 0;
    }
  }
  return result;
}

// The elements of a tensor of any dtype.
std::vector<std::byte> permuted_bytes(std::span<const std::byte> bytes, const std::vector<int64_t>& shape,
                                      const std::vector<int64_t>& order, size_t size) {
  std::vector<size_t> places(bytes.size() / size);
  std::iota(places.begin(), places.end(), size_t{0});
  std::vector<std::byte> result;
  for (const size_t place : permuted(places, shape, order)) {
    const auto element = bytes.subspan(place * size, size);
    result.insert(result.end(), element.begin(), element.end());
  }
  return result;
}

}  // namespace

std::string module_names(const Weight& weight) {
  std::string result;
  for (const std::string& tensor : weight.tensors) {
    const size_t dot = tensor.rfind('.');
    result += (result.empty() ? "" : ", ") + tensor.substr(0, dot);
  }
  return result;
}

WeightStore::WeightStore(const graph::Graph& graph, const base::Safetensors& tensors)
    : graph_(graph), tensors_(tensors) {
  check_weights(graph, tensors);
}

// "head.weight"; turned or seen in another shape, also how: "conv.weight/permuted [0, 1, 2, 3] [96, 768]".
std::string WeightStore::key(ValueId id) const {
  const Weight& weight = *graph_.weight_of(id);
  std::string name = braced(weight.tensors);
  if (weight.order.empty()) return name;
  const graph::Shape order(weight.order.begin(), weight.order.end());
  return name + "/permuted " + graph::text(order) + " " + graph::text(graph_.type(id).shape);
}

const Call* WeightStore::product_with(ValueId weight) const {
  const auto found = std::ranges::find_if(
      graph_.calls, [&](const Call& call) { return call.op == "linear_s8" && call.operands[2] == weight; });
  return found == graph_.calls.end() ? nullptr : &*found;
}

const Weight& WeightStore::weight(ValueId id, const Call& call, size_t rank) const {
  const Weight* found = id == kNone ? nullptr : graph_.weight_of(id);
  if (found == nullptr) {
    throw base::Error(base::Exit::refused, call.where,
                      call.op + ": its weight or bias is computed in forward, not a parameter",
                      "multiply by a computed matrix with torch::matmul");
  }
  if (graph_.type(id).shape.size() != rank) {
    throw base::Error(base::Exit::refused, call.where,
                      call.op + ": " + module_names(*found) + " is " + graph::text(graph_.type(id).shape) + ", rank " +
                          std::to_string(rank) + " is needed");
  }
  return *found;
}

std::vector<float> WeightStore::floats(const Weight& weight) const {
  std::vector<float> result;
  for (const std::string& tensor : weight.tensors) {
    std::vector<float> part = tensors_.floats(tensor);
    if (turns(weight)) part = permuted(part, tensors_.tensors().at(tensor).shape, weight.order);
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

int WeightStore::find(const std::string& name) const {
  const auto found = made_.find(name);
  return found == made_.end() ? -1 : found->second;
}

int WeightStore::add(const std::string& name, const void* data, size_t bytes) {
  const int index = static_cast<int>(sections_.size());
  const auto* begin = static_cast<const std::byte*>(data);
  sections_.push_back({name, std::vector<std::byte>(begin, begin + bytes)});
  made_[name] = index;
  return index;
}

int WeightStore::bias(ValueId id, const std::vector<float>& padded) {
  if (id == kNone) return -1;
  const std::string name = key(id) + "/padded";
  const int made = find(name);
  return made >= 0 ? made : add(name, padded.data(), bytes_of(padded));
}

void WeightStore::report(const Call& call, const Weight& weight, const char* kernel, std::vector<int> sections,
                         double sqnr) {
  const graph::Shape& shape = graph_.type(weight.value).shape;
  uint64_t bytes = 0;
  for (const int section : sections) bytes += sections_[static_cast<size_t>(section)].bytes.size();
  std::string site = call.string_or("site", "");
  if (site.empty()) site = module_names(weight);
  MatrixReport matrix;
  matrix.site = site;
  matrix.kernel = kernel;
  matrix.rows = *shape[0].constant();
  matrix.columns = *shape[1].constant();
  matrix.bytes = bytes;
  matrix.sqnr_db = sqnr;
  matrices_.push_back(std::move(matrix));
}

LinearS8Sections WeightStore::linear_s8(ValueId w, ValueId b, const Call& call) {
  const Weight& matrix = weight(w, call, 2);
  if (b != kNone) (void)weight(b, call, 1);
  const graph::Shape& shape = graph_.type(w).shape;
  LinearS8Sections result{.n = *shape[0].constant(), .k = *shape[1].constant()};
  const base::WeightRule rule = base::weight_rule(call.string_or("weights", "auto"));
  const std::string name = key(w) + (rule == base::WeightRule::automatic ? "" : std::string("/") + base::name(rule));
  const auto zero_point = static_cast<int32_t>(call.has("zero_point") ? call.integer("zero_point") : 128);
  const std::string offset = name + (zero_point == 128 ? "/offset" : fmt::format("/offset_{}", zero_point));
  result.panels = find(name + "/panels");
  result.offset = find(offset);
  if (result.panels >= 0 && result.offset >= 0 && (b == kNone || find(key(b) + "/padded") >= 0)) {
    result.scale = find(name + "/scale");
    result.bias = bias(b, {});
    result.bound = proofs_.at(result.panels).bound;
    result.outliers = proofs_.at(result.panels).outliers;
    return result;
  }
  const std::vector<float> exact = floats(matrix);
  const std::vector<float> bias_values = b == kNone ? std::vector<float>{} : floats(weight(b, call, 1));
  const BoundedPack bounded = packed(call, matrix, [&] {
    return pack_weights(rule, exact, b == kNone ? nullptr : bias_values.data(), result.n, result.k, zero_point);
  });
  const PackedS8Data& pack = bounded.pack;
  result.bound = pack.bound;
  const bool first = result.panels < 0;
  if (first) result.panels = add(name + "/panels", pack.panels.data(), bytes_of(pack.panels));
  if (result.offset < 0) result.offset = add(offset, pack.offset.data(), bytes_of(pack.offset));
  if (first) {
    result.scale = add(name + "/scale", pack.scale.data(), bytes_of(pack.scale));
    if (!pack.outliers.empty()) {
      result.outliers = add(name + "/outliers", pack.outliers.data(), bytes_of(pack.outliers));
      sections_.back().n = result.n;
      sections_.back().k = result.k;
    }
    proofs_[result.panels] = {result.n,      result.k,         pack.bound,     result.outliers,
                              bounded.exact, bounded.integers, bounded.sqnr_db};
    std::vector<int> parts = {result.panels, result.offset, result.scale};
    if (result.outliers >= 0) parts.push_back(result.outliers);
    report(call, matrix, "linear_s8", std::move(parts), bounded.sqnr_db);
    matrices_.back().weights = bounded.exact ? "exact" : "bounded";
    matrices_.back().outliers = outlier_entries(pack.view().outliers, pack.n);
    matrices_.back().lane_bound = emit::name(pack.bound);
    matrices_.back().full_range_sqnr_db = bounded.full_range_sqnr_db;
    matrices_.back().output_sqnr_db = output_sqnr_db(bounded.sqnr_db);
    matrices_.back().lowered = pack.lowered;
    matrices_.back().clamped_columns = pack.clamped_columns;
  } else {
    result.scale = find(name + "/scale");
    result.outliers = proofs_.at(result.panels).outliers;
  }
  result.bias = bias(b, pack.bias);
  return result;
}

void WeightStore::check_proofs() const {
  for (const auto& [panels, proof] : proofs_) {
    const Section& section = sections_[static_cast<size_t>(panels)];
    PackedS8 view{};
    view.panels = reinterpret_cast<const int8_t*>(section.bytes.data());
    view.n = proof.n;
    view.k = proof.k;
    view.bound = proof.bound;
    check_proof(view, section.name);
    if (!proof.exact) continue;
    if (proof.outliers >= 0)
      view.outliers = reinterpret_cast<const uint32_t*>(sections_[static_cast<size_t>(proof.outliers)].bytes.data());
    check_integers(view, proof.integers, section.name);
  }
}

LinearF32Sections WeightStore::linear_f32(ValueId w, ValueId b, const Call& call) {
  const Weight& matrix = weight(w, call, 2);
  if (b != kNone) (void)weight(b, call, 1);
  const graph::Shape& shape = graph_.type(w).shape;
  LinearF32Sections result{.n = *shape[0].constant(), .k = *shape[1].constant()};
  const std::string name = key(w) + "/panels_f32";
  result.panels = find(name);
  if (result.panels >= 0 && (b == kNone || find(key(b) + "/padded") >= 0)) {
    result.bias = bias(b, {});
    return result;
  }
  const std::vector<float> exact = floats(matrix);
  const std::vector<float> bias_values = b == kNone ? std::vector<float>{} : floats(weight(b, call, 1));
  const PackedF32Data pack = packed(call, matrix, [&] {
    return pack_linear_f32(exact.data(), b == kNone ? nullptr : bias_values.data(), result.n, result.k);
  });
  if (result.panels < 0) {
    result.panels = add(name, pack.panels.data(), bytes_of(pack.panels));
    report(call, matrix, "linear_f32", {result.panels}, std::numeric_limits<double>::infinity());
  }
  result.bias = bias(b, pack.bias);
  return result;
}

TableSections WeightStore::table_s8(ValueId id, const Call& call) {
  const Weight& table = weight(id, call, 2);
  const graph::Shape& shape = graph_.type(id).shape;
  TableSections result{.rows = *shape[0].constant(), .width = *shape[1].constant()};
  const std::string name = key(id);
  result.q = find(name + "/rows_s8");
  result.scale = find(name + "/row_scale");
  if (result.q >= 0) return result;
  if (const Call* product = product_with(id)) {
    const ValueId bias = product->operands.size() > 3 ? product->operands[3] : kNone;
    const LinearS8Sections packed = linear_s8(id, bias, *product);
    result.panels = packed.panels;
    result.outliers = packed.outliers;
    result.scale = packed.scale;
    report(call, table, "embedding_s8", {}, proofs_.at(packed.panels).sqnr_db);  // its bytes are those of the product
    return result;
  }
  const std::vector<float> exact = floats(table);
  const QuantizedRows rows = packed(call, table, [&] {
    auto grid = find_grid(exact, result.rows, result.width);
    return grid ? QuantizedRows{std::move(grid->q), std::move(grid->scale)}
                : quantize_table_s8(exact.data(), result.rows, result.width);
  });
  result.q = add(name + "/rows_s8", rows.q.data(), bytes_of(rows.q));
  result.scale = add(name + "/row_scale", rows.scale.data(), bytes_of(rows.scale));
  report(call, table, "embedding_s8", {result.q, result.scale}, sqnr_db(exact, rows.q, rows.scale, result.width));
  return result;
}

TableSections WeightStore::table_f32(ValueId id, const Call& call) {
  const Weight& table = weight(id, call, 2);
  const graph::Shape& shape = graph_.type(id).shape;
  TableSections result{.rows = *shape[0].constant(), .width = *shape[1].constant()};
  const bool made = find(key(id)) >= 0;
  result.table = constant(id);
  if (!made) report(call, table, "embedding_f32", {result.table}, std::numeric_limits<double>::infinity());
  return result;
}

std::vector<int64_t> WeightStore::rows_of_tensors(ValueId id) const {
  std::vector<int64_t> rows;
  for (const std::string& tensor : graph_.weight_of(id)->tensors) {
    const std::vector<int64_t>& shape = tensors_.tensors().at(tensor).shape;
    const std::vector<int64_t>& order = graph_.weight_of(id)->order;
    const size_t first = order.empty() ? 0 : static_cast<size_t>(order[0]);
    rows.push_back(shape.empty() ? 1 : shape.at(first));
  }
  return rows;
}

int WeightStore::constant(ValueId id) {
  const std::string name = key(id);
  if (const int made = find(name); made >= 0) return made;
  const Weight& weight = *graph_.weight_of(id);
  const graph::DType dtype = graph_.type(id).dtype;
  if (dtype == graph::DType::f32 || dtype == graph::DType::f16 || dtype == graph::DType::bf16) {
    const std::vector<float> values = floats(weight);
    return add(name, values.data(), bytes_of(values));
  }
  std::vector<std::byte> bytes;
  for (const std::string& tensor : weight.tensors) {
    const auto part = tensors_.bytes(tensor);
    if (turns(weight)) {
      const auto turned = permuted_bytes(part, tensors_.tensors().at(tensor).shape, weight.order,
                                         static_cast<size_t>(graph::size_of(dtype)));
      bytes.insert(bytes.end(), turned.begin(), turned.end());
    } else {
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
  }
  return add(name, bytes.data(), bytes.size());
}

}  // namespace octavo::emit
