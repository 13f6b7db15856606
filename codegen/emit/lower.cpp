#include "codegen/emit/lower.h"

#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

void emit_call(Body& body, const Call& call) {
  const Operator& op = *find_operator(call.op);
  body.begin(call);
  if (op.header[0] != '\0') body.include(op.header);
  try {
    op.emit(body, call);
  } catch (const base::Error& error) {
    if (!error.place.file.empty()) throw;
    // Size arithmetic does not know where it is called from.
    throw base::Error(error.exit, call.where, call.op + ": " + error.cause, error.fix);
  }
}

// Slots of the arena's buffers, by the steps that touch them.
std::vector<Slot> place(const std::vector<Step>& steps, std::vector<Buffer>& buffers) {
  std::vector<int> ids, first(buffers.size(), -1), last(buffers.size(), -1);
  for (size_t i = 0; i < steps.size(); ++i) {
    for (const std::set<int>* touched : {&steps[i].reads, &steps[i].writes}) {
      for (const int id : *touched) {
        const auto at = static_cast<size_t>(id);
        if (first[at] < 0) first[at] = static_cast<int>(i);
        last[at] = static_cast<int>(i);
      }
    }
  }
  std::vector<Lifetime> lifetimes;
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].home != Buffer::Home::arena || first[i] < 0) continue;
    ids.push_back(static_cast<int>(i));
    lifetimes.push_back({first[i], last[i], buffers[i].bytes, buffers[i].runtime_bytes});
  }
  Plan plan = plan_slots(lifetimes);
  for (size_t i = 0; i < ids.size(); ++i) buffers[static_cast<size_t>(ids[i])].index = plan.slot[i];
  return std::move(plan.slots);
}

}  // namespace

void check_operators(const graph::Graph& graph) {
  const Call* first = nullptr;
  std::string complaints;
  for (const Call& call : graph.calls) {
    const Operator* op = find_operator(call.op);
    const auto operands = static_cast<int>(call.operands.size());
    std::string complaint;
    if (op == nullptr) {
      complaint = "no C++ is emitted for '" + call.op + "'";
      const std::string near = base::nearest(call.op, operator_names());
      if (!near.empty()) complaint += " (there is '" + near + "')";
    } else if (operands < op->least || (op->most >= 0 && operands > op->most)) {
      complaint = call.op + " has " + std::to_string(operands) + " operands";
    } else {
      continue;
    }
    if (first == nullptr) {
      first = &call;
      complaints = complaint;
    } else {
      complaints += "\n" + call.where.text() + ": " + complaint;
    }
  }
  if (first == nullptr) return;
  throw base::Error(base::Exit::refused, first->where, complaints, "write it with operators that Octavo takes");
}

Lowered lower(const graph::Graph& graph, WeightStore& weights) {
  Body body(graph, weights);
  for (const Call& call : graph.calls) emit_call(body, call);
  body.finish_outputs();
  std::vector<Slot> slots = place(body.steps(), body.buffers());
  return {body.steps(), body.buffers(), std::move(slots), body.includes()};
}

}  // namespace octavo::emit
