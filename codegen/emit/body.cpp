#include "codegen/emit/body.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/site.h"

namespace octavo::emit {

Body::Body(const graph::Graph& graph, WeightStore& weights) : graph_(graph), weights_(weights) {
  for (const std::string& dim : graph.dims) names_.insert(identifier(dim));
  // f16 and bf16 are how a tensor was stored; its section is f32.
  for (const graph::Weight& weight : graph.weights) {
    DType& dtype = graph_.values[static_cast<size_t>(weight.value)].type.dtype;
    if (dtype == DType::f16 || dtype == DType::bf16) dtype = DType::f32;
  }
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const ValueId id = graph.inputs[i];
    const int buffer = add_buffer({.home = Buffer::Home::input,
                                   .index = static_cast<int>(i),
                                   .name = unique(identifier(graph.value_name(id))),
                                   .type = cpp_type(type(id).dtype, {}),
                                   .comment = graph::text(shape(id))});
    layouts_[id] = {buffer, 0, row_major(shape(id))};
  }
}

int Body::add_buffer(Buffer buffer) {
  buffers_.push_back(std::move(buffer));
  return static_cast<int>(buffers_.size() - 1);
}

bool Body::is_input(ValueId id) const { return std::ranges::find(graph_.inputs, id) != graph_.inputs.end(); }

std::string Body::unique(const std::string& stem) {
  std::string name = stem;
  for (int i = 2; !names_.insert(name).second; ++i) name = stem + "_" + std::to_string(i);
  return name;
}

void Body::begin(const Call& call) {
  current_ = &call;
  next_ = {};
  next_.path = path(call);
  next_.place = place_text(call.where);
  const std::string what = next_.path.empty() ? call.op : comment_site(call, next_.path);
  next_.comment = next_.place.empty() ? what : next_.place + "  " + what;
}

Layout Body::layout(ValueId id) {
  if (const auto found = layouts_.find(id); found != layouts_.end()) return found->second;
  if (!is_weight(id)) {
    throw base::Error(base::Exit::internal, where(), "%" + value_name(id) + " has no memory");
  }
  const int section = weights_.constant(id);
  const int buffer =
      add_buffer({.home = Buffer::Home::section, .index = section, .type = cpp_type(type(id).dtype, where())});
  layouts_[id] = {buffer, 0, row_major(shape(id))};
  return layouts_[id];
}

std::string Body::variable_stem(ValueId id) const {
  const std::string& name = value_name(id);
  const bool numbered = !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); });
  if (!numbered) return identifier(name);
  if (current_ == nullptr) return "value_" + name;
  // Further results are named after the first: layer_norm_9, layer_norm_9_q, layer_norm_9_scale.
  const std::vector<ValueId>& results = current_->results;
  const bool further = id != results.front() && std::ranges::find(results, id) != results.end();
  if (further)
    return variable_stem(results.front()) + (type(id).dtype == DType::u8    ? "_q"
                                             : type(id).dtype == DType::i64 ? "_index"
                                                                            : "_scale");
  const std::string site = current_->string_or("site", "");
  const std::string what = current_->op == "quantize_rows" ? "quantized" : current_->op;
  return identifier((site.empty() ? what : short_name(site)) + "_" + name);
}

std::string Body::define(ValueId result) {
  return define(result, shape(result).empty() ? Dim(1) : shape(result).back());
}

std::string Body::define(ValueId result, const Dim& pitch) {
  Dim elements = pitch;
  for (size_t i = 0; i + 1 < shape(result).size(); ++i) elements = elements * shape(result)[i];
  std::string comment = graph::text(shape(result));
  if (!shape(result).empty() && !(pitch == shape(result).back())) comment += ", " + pitch.text() + " a row";
  const int buffer = add_buffer({.name = unique(variable_stem(result)),
                                 .type = cpp_type(type(result).dtype, where()),
                                 .comment = comment,
                                 .bytes = elements * Dim(graph::size_of(type(result).dtype))});
  layouts_[result] = {buffer, 0, row_major(shape(result), pitch)};
  next_.writes.insert(buffer);
  return buffers_.back().name;
}

std::string Body::scratch(const std::string& runtime_bytes) {
  const int buffer =
      add_buffer({.name = unique("scratch"), .type = "std::byte", .comment = {}, .runtime_bytes = runtime_bytes});
  next_.writes.insert(buffer);
  return buffers_.back().name;
}

ValueId Body::temporary(Type type, const std::string& name) {
  // Values of the graph keep their ids: a temporary takes the next one.
  return graph_.add_value(std::move(type), name);
}

std::string Body::pointer(const Layout& layout) {
  const Buffer& buffer = buffers_[static_cast<size_t>(layout.buffer)];
  next_.reads.insert(layout.buffer);
  const std::string start = buffer.home == Buffer::Home::section
                                ? "run.section<" + buffer.type + ">(" + std::to_string(buffer.index) + ")"
                                : buffer.name;
  return layout.offset.is(0) ? start : start + " + " + expression(layout.offset);
}

std::string Body::view(ValueId id) { return view(id, shape(id), layout(id)); }

std::string Body::view(ValueId id, const Shape& shape, const Layout& layout) {
  if (shape.size() > 8) {
    throw base::Error(base::Exit::refused, where(), "%" + value_name(id) + " has more than 8 dims");
  }
  const std::string start = pointer(layout);
  if (is_contiguous(shape, layout)) return "contiguous(" + start + ", " + list(shape) + ")";
  return "strided(" + start + ", " + list(shape) + ", " + list(layout.stride) + ")";
}

ValueId Body::copied(ValueId id, DType dtype, const Dim& pitch) {
  Step waiting = std::exchange(next_, {});
  next_.comment = std::exchange(waiting.comment, {});
  next_.place = waiting.place;
  next_.path = waiting.path;
  const ValueId copy = temporary({dtype, shape(id)}, {});
  const std::string from = view(id);
  define(copy, pitch);
  call("copy", {view(copy), from});
  next_ = std::move(waiting);
  return copy;
}

ValueId Body::contiguous(ValueId id) {
  if (is_contiguous(shape(id), layout(id))) return id;
  return copied(id, type(id).dtype, shape(id).back());
}

ValueId Body::converted(ValueId id, DType dtype) {
  if (type(id).dtype == dtype) return id;
  return copied(id, dtype, shape(id).empty() ? Dim(1) : shape(id).back());
}

std::string Body::contiguous_pointer(ValueId id) { return pointer(layout(contiguous(id))); }

Body::RowsText Body::rows(ValueId id) {
  if (!as_rows(shape(id), layout(id))) id = contiguous(id);
  const Rows rows = *as_rows(shape(id), layout(id));
  return {pointer(layout(id)), expression(rows.rows), expression(rows.pitch)};
}

Body::RowsText Body::rows(ValueId id, int64_t pitch) {
  const auto found = as_rows(shape(id), layout(id));
  if (!found || !(found->pitch.is(pitch) || found->rows.is(1))) id = copied(id, type(id).dtype, pitch);
  return {pointer(layout(id)), expression(as_rows(shape(id), layout(id))->rows), std::to_string(pitch)};
}

void Body::call(const std::string& function, const std::vector<std::string>& arguments) {
  if (function == "copy") include("runtime/kernels/elementwise/elementwise.h");
  std::vector<std::string> all = {"run.step(" + std::to_string(steps_.size()) + ")"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  for (std::string& line : wrapped(function + "(", all, ");", 2)) next_.lines.push_back(std::move(line));
  next_.function = function;
  Step added = std::move(next_);
  next_ = {};
  next_.place = added.place;
  next_.path = added.path;
  steps_.push_back(std::move(added));
}

void Body::declare(const std::string& head, const std::vector<std::string>& items, const std::string& tail) {
  for (std::string& line : wrapped(head, items, tail, 2)) next_.lines.push_back(std::move(line));
}

void Body::observe(const Call& call, ValueId id, const std::string& kernel) { observe(path(call), kernel, view(id)); }

void Body::observe(const std::string& site, const std::string& kernel, const std::string& seen) {
  Step& step = steps_.back();
  step.reads.insert(next_.reads.begin(), next_.reads.end());
  next_.reads.clear();
  for (std::string& line : wrapped("if (run.observed()) run.call.observe(",
                                   {string_literal(site), string_literal(kernel), seen}, ");", 2)) {
    step.lines.push_back(std::move(line));
  }
}

void Body::when_observed(const std::vector<std::vector<std::string>>& statements) {
  std::vector<std::string>& lines = steps_.back().lines;
  lines.emplace_back("  if (run.observed()) {");
  for (const std::vector<std::string>& statement : statements)
    lines.insert(lines.end(), statement.begin(), statement.end());
  lines.emplace_back("  }");
}

std::string Body::path(const Call& call) const {
  if (call.has("site")) return call.string("site");
  if (call.has("sites")) return call.string("sites");
  for (const ValueId operand : call.operands) {
    if (operand == kNone) continue;
    const graph::Weight* weight = graph_.weight_of(operand);
    if (weight != nullptr && weight->tensors.front().find('.') != std::string::npos &&
        weight->tensors.front().rfind("constant.", 0) != 0) {
      return module_names(*weight);
    }
  }
  return {};
}

void Body::finish_outputs() {
  current_ = nullptr;
  next_ = {};
  const std::vector<graph::Output> outputs = graph_.outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId id = outputs[i].value;
    const Layout at = layout(id);
    const Dim bytes = graph::product(shape(id)) * Dim(graph::size_of(type(id).dtype));
    Buffer& buffer = buffers_[static_cast<size_t>(at.buffer)];
    const bool whole = buffer.home == Buffer::Home::arena && at.offset.is(0) && is_contiguous(shape(id), at) &&
                       buffer.bytes == bytes && buffer.runtime_bytes.empty();
    if (whole) {
      buffer.home = Buffer::Home::output;
      buffer.index = static_cast<int>(i);
      continue;
    }
    const ValueId copy = temporary(type(id), outputs[i].name);
    const std::string from = view(id);
    define(copy);
    Buffer& target = buffers_[static_cast<size_t>(layout(copy).buffer)];
    target.home = Buffer::Home::output;
    target.index = static_cast<int>(i);
    next_.comment = "output " + outputs[i].name;
    call("copy", {view(copy), from});
  }
}

}  // namespace octavo::emit
