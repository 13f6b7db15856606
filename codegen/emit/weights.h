// The sections of NAME.weights, made on demand in execution order: the first use of a tensor in a form makes a
// section, later uses of the same tensor in the same form share it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "codegen/emit/report.h"
#include "codegen/graph/graph.h"
#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo::emit {

struct Section {
  std::string name;  // "encoder.layer.0.attention.self.query.weight/panels"
  std::vector<std::byte> bytes;
  int64_t n = 0, k = 0;  // of an outlier list: its matrix
};

// Indices of sections; -1: absent.
struct LinearS8Sections {
  int panels = -1, offset = -1, scale = -1, bias = -1, outliers = -1;
  int64_t n = 0, k = 0;
  LaneBound bound = LaneBound::none;  // what the packed bytes prove
};
struct LinearF32Sections {
  int panels = -1, bias = -1;
  int64_t n = 0, k = 0;
};
struct TableSections {
  int q = -1, scale = -1;          // s8 rows with their scales, or
  int panels = -1, outliers = -1;  // the rows as a linear_s8 has them packed, with `scale`, or
  int table = -1;                  // f32
  int64_t rows = 0, width = 0;
};

class WeightStore {
 public:
  // Checks that every weight of the graph is there with its shape and dtype: Error (refused) listing all that are not.
  WeightStore(const graph::Graph& graph, const base::Safetensors& tensors);

  // w: a weight [n, k]; bias: a weight [n], or kNone.
  LinearS8Sections linear_s8(graph::ValueId w, graph::ValueId bias, const graph::Call& call);
  LinearF32Sections linear_f32(graph::ValueId w, graph::ValueId bias, const graph::Call& call);
  // The rows of a tied head are those of its linear_s8: one copy of the integers serves both.
  TableSections table_s8(graph::ValueId table, const graph::Call& call);
  TableSections table_f32(graph::ValueId table, const graph::Call& call);
  // The tensor as it is, row-major; f16 and bf16 as f32.
  int constant(graph::ValueId weight);

  // Proves every lane bound over the bytes of the sections, and that integers to be kept are there: Error (internal) where a
  // kernel would trust more, or other integers would be multiplied.
  void check_proofs() const;

  // How many of the weight's rows come from each of its tensors.
  [[nodiscard]] std::vector<int64_t> rows_of_tensors(graph::ValueId weight) const;

  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
  [[nodiscard]] const std::vector<MatrixReport>& matrices() const { return matrices_; }

 private:
  const graph::Graph& graph_;
  const base::Safetensors& tensors_;
  std::vector<Section> sections_;
  std::vector<MatrixReport> matrices_;
  // What each section of panels was packed for.
  struct Proof {
    int64_t n = 0, k = 0;
    LaneBound bound = LaneBound::none;
    int outliers = -1;
    bool exact = false;
    std::vector<int8_t> integers = {};  // when exact
    double sqnr_db = 0;
  };
  std::map<int, Proof> proofs_;
  std::map<std::string, int> made_;  // "layer.{query, key}.weight/panels" -> section

  [[nodiscard]] std::string key(graph::ValueId weight) const;
  // The first linear_s8 of the graph with this weight, or null.
  [[nodiscard]] const graph::Call* product_with(graph::ValueId weight) const;
  [[nodiscard]] const graph::Weight& weight(graph::ValueId id, const graph::Call& call, size_t rank) const;
  [[nodiscard]] std::vector<float> floats(const graph::Weight& weight) const;
  [[nodiscard]] int find(const std::string& name) const;
  int add(const std::string& name, const void* data, size_t bytes);
  int bias(graph::ValueId id, const std::vector<float>& padded);
  void report(const graph::Call& call, const graph::Weight& weight, const char* kernel, std::vector<int> sections,
              double sqnr_db);
};

// "a.weight", "b.weight" -> "a, b": the modules that own the tensors.
[[nodiscard]] std::string module_names(const graph::Weight& weight);

}  // namespace octavo::emit
