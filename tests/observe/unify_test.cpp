// Traces made by hand.
#include "codegen/observe/unify.h"

#include <gtest/gtest.h>

#include <functional>

#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"
#include "codegen/observe/fit.h"

namespace octavo::observe {
namespace {

using graph::DType;

const base::Place kLine7{"model.cpp", 7, 3};

class Tracer {
 public:
  explicit Tracer(const graph::Dim::Sizes& sizes) { trace.sizes = sizes; }
  int value(std::vector<int64_t> shape) {
    trace.values.push_back({DType::f32, std::move(shape)});
    return static_cast<int>(trace.values.size()) - 1;
  }
  int input(std::vector<int64_t> shape) {
    trace.inputs.push_back(value(std::move(shape)));
    return trace.inputs.back();
  }
  int parameter(const std::string& name, std::vector<int64_t> shape) {
    const int id = value(std::move(shape));
    trace.parameters[id] = name;
    return id;
  }
  int call(const std::string& op, std::vector<int> operands, std::map<std::string, TracedArgument> arguments,
           std::vector<int64_t> shape) {
    const int id = value(std::move(shape));
    trace.calls.push_back({op, std::move(operands), std::move(arguments), {id}, {}, kLine7, {}, {}});
    return id;
  }
  Trace trace;
};

Unified unified(const std::function<void(Tracer&, int64_t b, int64_t s)>& forward, size_t outputs = 1) {
  std::vector<Trace> traces;
  for (const auto& sizes : probe_sizes({"B", "S"})) {
    Tracer tracer(sizes);
    forward(tracer, sizes.at("B"), sizes.at("S"));
    traces.push_back(tracer.trace);
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs; ++i) names.push_back("output." + std::to_string(i));
  Unified result = unify("m", {"B", "S"}, traces, {"x"}, names);
  graph::verify(result.graph, "unify");
  return result;
}

base::Error refusal(const std::function<void(Tracer&, int64_t b, int64_t s)>& forward) {
  try {
    (void)unified(forward);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    return error;
  }
  ADD_FAILURE() << "no refusal";
  return {base::Exit::done, {}, ""};
}

TEST(Unify, IntegersBecomeExpressions) {
  const Unified result = unified([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s, 8});
    t.trace.outputs = {t.call("aten.view", {x}, {{"size", std::vector<int64_t>{b * s, 8}}}, {b * s, 8})};
  });
  EXPECT_EQ(graph::print(result.graph),
            "graph m(B, S)\n"
            "input %x: f32[B, S, 8]\n"
            "%1: f32[B*S, 8] = aten.view(%x) {size = [B*S, 8]} @ model.cpp:7:3\n"
            "output \"output.0\" = %1\n");
}

TEST(Unify, FoldsWhatDependsOnNothing) {
  const Unified result = unified([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    const int w = t.parameter("w", {4, 2});
    const int transposed = t.call("aten.t", {w}, {}, {2, 4});
    const int doubled = t.call("aten.mul.Scalar", {transposed}, {{"other", int64_t{2}}}, {2, 4});
    t.trace.outputs = {t.call("f", {x, doubled, w}, {}, {b, s})};
  });
  EXPECT_EQ(graph::print(result.graph),
            "graph m(B, S)\n"
            "input %x: f32[B, S]\n"
            "weight %w0: f32[2, 4] = \"constant.0\"\n"
            "weight %w1: f32[4, 2] = \"w\"\n"
            "%3: f32[B, S] = f(%x, %w0, %w1) @ model.cpp:7:3\n"
            "output \"output.0\" = %3\n");
  EXPECT_EQ(result.weight_values, (std::vector<int>{3, 1}));
}

TEST(Unify, ASliceToADimStaysAndIsBounded) {
  const Unified result = unified([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    const int table = t.parameter("positions", {1, 512});
    const int slice = t.call("aten.slice.Tensor", {table}, {{"end", s}}, {1, s});
    t.trace.calls.back().bounds = {{s, 512, "positions"}};
    t.trace.outputs = {t.call("aten.add.Tensor", {x, slice}, {}, {b, s})};
  });
  ASSERT_EQ(result.graph.requirements.size(), 1U);
  EXPECT_EQ(result.graph.requirements[0].dim.text(), "S");
  EXPECT_EQ(result.graph.requirements[0].limit, 512);
  EXPECT_EQ(result.graph.requirements[0].where, kLine7);
  EXPECT_EQ(result.graph.calls.size(), 2U);
}

TEST(Unify, DropsCallsNobodyReads) {
  const Unified result = unified([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    t.call("dead", {x, t.parameter("unused", {1})}, {}, {b, s});
    t.trace.outputs = {t.call("alive", {x}, {}, {b, s})};
  });
  EXPECT_EQ(result.graph.calls.size(), 1U);
  EXPECT_TRUE(result.graph.weights.empty());
  EXPECT_TRUE(result.weight_values.empty());
}

TEST(Unify, RefusesOtherCallsAtOtherSizes) {
  const base::Error error = refusal([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    t.trace.outputs = {t.call(s > 10 ? "aten.relu" : "aten.tanh", {x}, {}, {b, s})};
  });
  EXPECT_EQ(error.place, kLine7);
  EXPECT_NE(error.cause.find("control flow depends on the input's sizes"), std::string::npos);
  EXPECT_NE(error.cause.find("aten.relu"), std::string::npos);
  EXPECT_NE(error.cause.find("aten.tanh"), std::string::npos);
}

TEST(Unify, RefusesALoopOverASize) {
  const base::Error error = refusal([](Tracer& t, int64_t b, int64_t s) {
    int x = t.input({b, s});
    for (int64_t i = 0; i < s; ++i) x = t.call("aten.tanh", {x}, {}, {b, s});
    t.trace.outputs = {x};
  });
  EXPECT_NE(error.cause.find("the forward ends"), std::string::npos);
  EXPECT_EQ(error.place, kLine7);
}

TEST(Unify, RefusesNumbersThatAreNoExpression) {
  const base::Error integer = refusal([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    t.trace.outputs = {t.call("f", {x}, {{"k", s % 4}}, {b, s})};
  });
  EXPECT_EQ(integer.place, kLine7);
  EXPECT_NE(integer.cause.find("argument 'k' of f is no sum, product or quotient"), std::string::npos);
  const base::Error number = refusal([](Tracer& t, int64_t b, int64_t s) {
    const int x = t.input({b, s});
    t.trace.outputs = {t.call("f", {x}, {{"scale", 1.0 / static_cast<double>(s)}}, {b, s})};
  });
  EXPECT_NE(number.cause.find("argument 'scale' of f changes with the sizes"), std::string::npos);
}

TEST(Unify, ACallThatCanStandOnlyFolded) {
  const auto forward = [](bool folds) {
    return [folds](Tracer& t, int64_t b, int64_t s) {
      const int x = t.input({b, s});
      const int start = folds ? t.call("aten.zeros", {}, {}, {3}) : x;
      const int fresh = t.call(kRefresh, {start}, {}, folds ? std::vector<int64_t>{3} : std::vector<int64_t>{b, s});
      t.trace.calls.back().refusal = "in-place on a view";
      t.trace.outputs = {t.call("f", {x, fresh}, {}, {b, s})};
    };
  };
  EXPECT_EQ(unified(forward(true)).graph.calls.size(), 1U);
  EXPECT_EQ(refusal(forward(false)).cause, "in-place on a view");
}

}  // namespace
}  // namespace octavo::observe
