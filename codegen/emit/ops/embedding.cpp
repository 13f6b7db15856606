#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"
#include "codegen/emit/site.h"

namespace octavo::emit {

namespace {

struct Term {
  ValueId ids, table;
  bool int8;
  std::string site;
};

// The leading dims of the result as (outer, inner).
Shape outer_inner(const Shape& lead) {
  if (lead.empty()) return {1, 1};
  if (lead.size() == 1) return {1, lead[0]};
  return {graph::product(Shape(lead.begin(), lead.end() - 1)), lead.back()};
}

std::string section(const char* type, int index) {
  return "run.section<" + std::string(type) + ">(" + std::to_string(index) + ")";
}

std::vector<std::string> table_fields(const TableSections& table) {
  if (table.panels >= 0) return {".row_scale = " + section("float", table.scale)};
  if (table.q >= 0) return {".q = " + section("int8_t", table.q), ".row_scale = " + section("float", table.scale)};
  return {".table = " + section("float", table.table)};
}

// {.ids = ..., .outer_stride = S, .inner_stride = 1, .q = ..., .row_scale = ..., .rows = 30522, .name = "input_ids"}
std::vector<std::string> term_fields(Body& body, const Call& call, const Term& term, const Shape& lead) {
  const Shape ends = outer_inner(lead);
  // The error of an id outside the table names the input, or else the module.
  const std::string name = body.is_input(term.ids) || term.site.empty() ? body.value_name(term.ids) : term.site;
  ValueId ids = body.converted(term.ids, DType::i64);
  const auto aligned = broadcast(body.shape(ids), body.layout(ids), lead);
  if (!aligned) refuse(call, "indices " + graph::text(body.shape(ids)) + " for " + graph::text(lead));
  auto flat = reshaped(lead, *aligned, ends);
  if (!flat) {
    const ValueId whole = body.temporary({DType::i64, lead}, {});
    body.alias(whole, *aligned);
    ids = body.contiguous(whole);
    flat = Layout{body.layout(ids).buffer, 0, row_major(ends)};
  }
  const TableSections table =
      term.int8 ? body.weights().table_s8(term.table, call) : body.weights().table_f32(term.table, call);
  if (!body.shape(call.results[0]).back().is(table.width)) {
    refuse(call,
           "a table of width " + std::to_string(table.width) + " for " + graph::text(body.shape(call.results[0])));
  }
  std::vector<std::string> fields = {".ids = " + body.pointer(*flat), ".outer_stride = " + expression(flat->stride[0]),
                                     ".inner_stride = " + expression(flat->stride[1])};
  for (std::string& field : table_fields(table)) fields.push_back(std::move(field));
  fields.push_back(".rows = " + std::to_string(table.rows));
  fields.push_back(".name = " + string_literal(name));
  if (table.panels >= 0) fields.push_back(".panels = " + section("int8_t", table.panels));
  if (table.outliers >= 0) fields.push_back(".outliers = " + section("uint32_t", table.outliers));
  return fields;
}

void emit_terms(Body& body, const Call& call, const std::vector<Term>& terms) {
  const ValueId y = call.results[0];
  if (body.shape(y).empty() || !body.shape(y).back().is_constant()) {
    refuse(call, "a result of " + graph::text(body.shape(y)));
  }
  const Shape lead(body.shape(y).begin(), body.shape(y).end() - 1);
  std::vector<std::vector<std::string>> items;
  for (const Term& term : terms) items.push_back(term_fields(body, call, term, lead));
  const std::string out = body.define(y);
  const std::string name = body.unique(out + "_terms");
  body.declare("const EmbeddingTerm " + name + "[] = {", {}, "");
  for (const std::vector<std::string>& item : items) body.declare("    {", item, "},");
  body.declare("};", {}, "");
  const Shape ends = outer_inner(lead);
  body.call("embedding_sum", {expression(ends[0]), expression(ends[1]), expression(body.shape(y).back()), name,
                              std::to_string(terms.size()), out});
  body.observe(call, y, call.op);
}

bool is_int8(const Call& call, const std::string& precision) {
  if (precision != "int8" && precision != "fp32") refuse(call, "unknown precision '" + precision + "'");
  return precision == "int8";
}

}  // namespace

void emit_embedding(Body& body, const Call& call) {
  const bool int8 = is_int8(call, call.string_or("precision", "fp32"));
  emit_terms(body, call, {{call.operands[1], call.operands[0], int8, body.path(call)}});
}

// embedding_sum(ids..., tables...) {terms, precision}: one precision, or one per term separated by commas
void emit_embedding_sum(Body& body, const Call& call) {
  const auto count = static_cast<size_t>(call.integer("terms"));
  if (count < 1 || call.operands.size() != 2 * count) refuse(call, "needs as many tables as indices");
  const std::vector<std::string> precisions = split(call.string_or("precision", "fp32"), ',');
  if (precisions.size() != 1 && precisions.size() != count) refuse(call, "needs one precision, or one per term");
  const std::vector<std::string> sites = split_sites(call.string_or("sites", ""));
  std::vector<Term> terms;
  for (size_t i = 0; i < count; ++i) {
    const std::string& precision = precisions.size() == 1 ? precisions[0] : precisions[i];
    terms.push_back(
        {call.operands[i], call.operands[count + i], is_int8(call, precision), sites.size() == count ? sites[i] : ""});
  }
  emit_terms(body, call, terms);
}

}  // namespace octavo::emit
