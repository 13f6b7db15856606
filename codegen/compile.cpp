#include "codegen/compile.h"

#include <map>
#include <sstream>

#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"

namespace octavo {

namespace {

using graph::Graph;

// Statements of `text` that `other` lacks, each after `mark`. Values keep their names, so equal lines are equal.
std::string only_in(const std::string& text, const std::string& other, const std::string& mark) {
  std::map<std::string, int> count;
  std::string line, result;
  for (std::istringstream lines(other); std::getline(lines, line);) ++count[line];
  for (std::istringstream lines(text); std::getline(lines, line);) {
    if (count[line]-- <= 0) result += mark + line + "\n";
  }
  return result;
}

// Runs the passes one by one: checks the graph after each, and shows what it changed to whoever asked.
class Pipeline {
 public:
  Pipeline(Graph graph, const PassDump& dump) : graph_(std::move(graph)), dump_(dump) { verify(graph_, "the trace"); }

  template <typename Pass, typename... Arguments>
  void run(const char* name, Pass pass, const Arguments&... arguments) {
    const std::string before = dump_ ? print(graph_) : "";
    graph_ = pass(std::move(graph_), arguments...);
    verify(graph_, name);
    if (!dump_) return;
    const std::string after = print(graph_);
    const std::string changes = only_in(before, after, "- ") + only_in(after, before, "+ ");
    if (!changes.empty()) dump_(name, changes);
  }
  Graph take() { return std::move(graph_); }

 private:
  Graph graph_;
  const PassDump& dump_;
};

}  // namespace

Graph optimise(Graph graph, const CompileOptions& options) {
  Pipeline p(std::move(graph), options.dump);
  // One vocabulary first, so that each pattern below has one spelling.
  p.run("lower_aten", passes::lower_aten);
  p.run("fold", passes::fold);
  // Before fusing: a Quantizer that goes leaves its operands adjacent, one that stays keeps them apart.
  p.run("apply_policy", passes::apply_policy, options.policy, options.ranges);
  // Before fusing too: what is a linear takes activations and residuals.
  p.run("linear_of_weight_products", passes::linear_of_weight_products);
  // A common subexpression has several readers, and fusing asks for one: masks and positions are shared afterwards.
  p.run("fuse_embedding_sum", passes::fuse_embedding_sum);
  p.run("fuse_linear_activation", passes::fuse_linear_activation);
  p.run("fuse_attention", passes::fuse_attention);
  p.run("quantise_attention", passes::quantise_attention);
  // The head splits of the source meet those of the attention operator and cancel.
  p.run("fold", passes::fold);
  p.run("share_common", passes::share_common);
  // After the activations: only linears without one merge. After sharing: their inputs are then one value.
  p.run("merge_linears", passes::merge_linears);
  // Slices of slices, where the source splits a merged product itself.
  p.run("fold", passes::fold);
  p.run("quantise_linears", passes::quantise_linears);
  // Readers of one value quantise it once; a LayerNorm must see all of them as one reader.
  p.run("share_common", passes::share_common);
  p.run("fuse_linear_quantise", passes::fuse_linear_quantise);
  p.run("fuse_layer_norm_residual", passes::fuse_layer_norm_residual);
  p.run("fuse_layer_norm_quantise", passes::fuse_layer_norm_quantise);
  // What a LayerNorm did not take: the residual streams of a model that normalises first.
  p.run("fuse_linear_residual", passes::fuse_linear_residual);
  return p.take();
}

}  // namespace octavo
