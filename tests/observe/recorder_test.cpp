// What the recorder makes of small models under real LibTorch.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"
#include "codegen/observe/probe.h"

namespace octavo::observe {
namespace {

using torch::Tensor;

Traced traced(const Program& program, const std::vector<std::string>& inputs) {
  torch::manual_seed(0);
  Traced result = trace(program, calibrate::parse_inputs(inputs), {"m", {}, {__FILE__}});
  graph::verify(result.graph, "trace");
  return result;
}
// The graph's text without places.
std::string text(const Traced& traced) {
  return std::regex_replace(graph::print(traced.graph), std::regex(" @ \\S+"), "");
}

template <typename Function>
struct Lambda {
  Function function;
  Tensor forward(const Tensor& x) { return function(x); }
};
template <typename Function>
Program of(Function function) {
  return wrap<1>(Lambda<Function>{function});
}

// The refusal, whose place must be the line of this file that carries the marker.
template <typename Function>
base::Error refusal(Function function, const std::string& marker, base::Exit exit = base::Exit::refused) {
  try {
    (void)traced(of(function), {"x:float32[B,S]"});
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, exit);
    EXPECT_EQ(error.place.file, __FILE__);
    std::ifstream in(__FILE__);
    std::string line;
    for (int i = 0; i < error.place.line; ++i) std::getline(in, line);
    EXPECT_NE(line.find(marker), std::string::npos) << error.text();
    return error;
  }
  ADD_FAILURE() << "no refusal";
  return {base::Exit::done, {}, ""};
}

struct AttentionImpl : torch::nn::Module {
  Tensor forward(const Tensor& ids, const Tensor& mask) {
    Tensor x = table(ids);
    Tensor positions = torch::arange(ids.size(1), torch::kInt64);
    x = x + position(positions);
    Tensor q = query(x).view({x.size(0), x.size(1), 2, 4}).transpose(1, 2);
    Tensor scores = torch::matmul(lhs(q), rhs(q.transpose(-1, -2)));
    scores = scores.masked_fill(mask.eq(0).unsqueeze(1).unsqueeze(2), -1e9);
    Tensor context = torch::matmul(torch::softmax(scores, -1), q);
    context = drop(context.transpose(1, 2).contiguous().view({x.size(0), x.size(1), 8}));
    return norm(context + x);
  }
  nn::QuantEmbedding table = register_module("table", nn::QuantEmbedding(10, 8));
  nn::QuantEmbedding position = register_module("position", nn::QuantEmbedding(64, 8));
  nn::QuantLinear query = register_module("query", nn::QuantLinear(8, 8));
  torch::nn::LayerNorm norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({8})));
  torch::nn::Dropout drop = register_module("drop", torch::nn::Dropout(0.1));
  nn::Quantizer lhs = quantizer(*this, "lhs"), rhs = quantizer(*this, "rhs");
};
TORCH_MODULE(Attention);

TEST(Recorder, Attention) {
  const Traced result = traced(wrap<2>(Attention()), {"ids:int64[B,S]", "mask:int64[B,S]"});
  EXPECT_EQ(text(result),
            R"(graph m(B, S)
input %ids: i64[B, S]
input %mask: i64[B, S]
weight %w0: f32[10, 8] = "table.weight"
weight %w1: f32[64, 8] = "position.weight"
weight %w2: f32[8, 8] = "query.weight"
weight %w3: f32[8] = "query.bias"
weight %w4: f32[8] = "norm.weight"
weight %w5: f32[8] = "norm.bias"
require S <= 64 "position.weight"
%3: f32[B, S, 8] = octavo.embedding(%w0, %ids) {padding_idx = -1, site = "table"}
%4: i64[S] = aten.arange(none) {dtype = "i64", end = S}
%6: f32[S, 8] = octavo.embedding(%w1, %4) {padding_idx = -1, site = "position"}
)");
  EXPECT_EQ(result.tensors.size(), 6U);
}

TEST(Recorder, PlacesAreThoseOfTheUsersFile) {
  const Traced result = traced(of([](const Tensor& x) {
                                 Tensor y = x.tanh();           // tanh-here
                                 return torch::softmax(y, -1);  // softmax-here
                               }),
                               {"x:float32[B,S]"});
  ASSERT_EQ(result.graph.calls.size(), 2U);
  EXPECT_EQ(result.graph.calls[0].where.file, __FILE__);
  EXPECT_EQ(result.graph.calls[1].where.line, result.graph.calls[0].where.line + 1);
}

TEST(Recorder, FoldsConstants) {
  const Traced result = traced(of([](const Tensor& x) {
                                 Tensor causal = torch::tril(torch::ones({4, 4})).eq(0);
                                 Tensor bias =
                                     torch::zeros({4}).index_put_({torch::tensor({1})}, torch::tensor({2.0F}));
                                 return x.masked_fill(causal, -1.0) + bias;
                               }),
                               {"x:float32[B,4,4]"});
  EXPECT_EQ(text(result),
            "graph m(B)\n"
            "input %x: f32[B, 4, 4]\n"
            "weight %w0: bool[4, 4] = \"constant.0\"\n"
            "weight %w1: f32[4] = \"constant.1\"\n");
  ASSERT_EQ(result.tensors.size(), 2U);
  EXPECT_TRUE(at::equal(result.tensors[1].second, torch::tensor({0.0F, 2.0F, 0.0F, 0.0F})));
}

TEST(Recorder, InPlaceCallsBecomeFunctional) {
  const Traced result = traced(of([](const Tensor& x) {
                                 Tensor y = x * 2;
                                 y.add_(x);
                                 y += 1;
                                 return y.relu_();
                               }),
                               {"x:float32[B,S]"});
  std::vector<std::string> ops;
  for (const graph::Call& call : result.graph.calls) ops.push_back(call.op);
  EXPECT_EQ(ops, (std::vector<std::string>{"aten.mul.Scalar", "aten.add.Tensor", "aten.add.Scalar", "aten.relu"}));
}

TEST(Recorder, AMutatedConstantKeepsItsOldContentsForEarlierReaders) {
  const Traced result = traced(of([](const Tensor& x) {
                                 Tensor c = torch::zeros({3});
                                 Tensor y = x + c;
                                 c.slice(0, 1, 2).fill_(5);
                                 return y + c;
                               }),
                               {"x:float32[B,3]"});
  ASSERT_EQ(result.tensors.size(), 2U);
  EXPECT_TRUE(at::equal(result.tensors[0].second, torch::zeros({3})));
  EXPECT_TRUE(at::equal(result.tensors[1].second, torch::tensor({0.0F, 5.0F, 0.0F})));
}

TEST(Recorder, ReadsEachTiedParameterOnce) {
  struct Tied : torch::nn::Module {
    Tensor forward(const Tensor& ids) { return torch::matmul(table(ids), head->weight.t()); }
    Tied() { head->weight = table->weight; }
    nn::QuantEmbedding table = register_module("table", nn::QuantEmbedding(7, 3));
    nn::QuantLinear head = register_module("head", nn::QuantLinear(torch::nn::LinearOptions(3, 7).bias(false)));
  };
  const Traced result = traced(wrap<1>(std::make_shared<Tied>()), {"ids:int64[B,S]"});
  EXPECT_EQ(result.tensors[0].first, "table.weight");
  EXPECT_EQ(result.tensors[1].first, "constant.0");  // its transpose
}

TEST(Recorder, RefusesAStaleAlias) {
  const base::Error error = refusal(
      [](const Tensor& x) {
        Tensor y = x * 2;
        y.slice(1, 0, 1).mul_(3);
        return y.relu();  // stale-read
      },
      "stale-read");
  EXPECT_NE(error.cause.find("in-place on a view"), std::string::npos);
}

TEST(Recorder, RefusesControlFlowOnValues) {
  refusal(
      [](const Tensor& x) {
        if (x.sum().item<float>() > 0) return x;  // value-read
        return -x;
      },
      "value-read");
  refusal(
      [](const Tensor& x) {
        return torch::equal(x, x) ? x : -x; /* equal-read */
      },
      "equal-read");
  const Traced constant =
      traced(of([](const Tensor& x) { return torch::ones({1}).item<float>() > 0 ? x.relu() : x; }), {"x:float32[B]"});
  EXPECT_EQ(constant.graph.calls.size(), 1U);
}

TEST(Recorder, RefusesControlFlowOnSizes) {
  const base::Error error = refusal(
      [](const Tensor& x) {
        if (x.size(1) > 6) return x.relu();  // long-branch
        return x.tanh();                     // short-branch
      },
      "-branch");
  EXPECT_NE(error.cause.find("control flow depends on the input's sizes"), std::string::npos);
}

TEST(Recorder, RefusesShapesThatDependOnValues) {
  refusal(
      [](const Tensor& x) {
        return x.masked_select(x.gt(0)); /* select-here */
      },
      "select-here");
  refusal(
      [](const Tensor& x) {
        return x.index({x.gt(0)}); /* index-here */
      },
      "index-here");
}

TEST(Recorder, RefusesRandomNumbers) {
  refusal(
      [](const Tensor& x) {
        return x + torch::rand_like(x); /* rand-here */
      },
      "rand-here");
}

TEST(Recorder, RefusesContentsThatVaryBehindItsBack) {
  refusal(
      [](const Tensor& x) {
        Tensor size = torch::tensor({static_cast<float>(x.size(1))});
        return x * size;  // reads-size
      },
      "reads-size");
}

TEST(Recorder, RefusesStateWrittenInTheForward) {
  struct Counter : torch::nn::Module {
    Tensor forward(const Tensor& x) { return x + count.add_(1); }
    Tensor count = register_buffer("count", torch::zeros({1}));
  };
  try {
    (void)traced(wrap<1>(std::make_shared<Counter>()), {"x:float32[B]"});
    ADD_FAILURE() << "no refusal";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_NE(error.cause.find("writes 'count'"), std::string::npos);
  }
}

TEST(Recorder, RefusesUnregisteredParameters) {
  struct Hidden : torch::nn::Module {
    Tensor forward(const Tensor& x) { return hidden(x); }
    nn::QuantLinear hidden{3, 3};
  };
  try {
    (void)traced(wrap<1>(std::make_shared<Hidden>()), {"x:float32[B,3]"});
    ADD_FAILURE() << "no refusal";
  } catch (const base::Error& error) {
    EXPECT_NE(error.cause.find("not registered"), std::string::npos);
  }
}

TEST(Recorder, QuotesLibTorchWhenTheInputsDoNotFit) {
  const base::Error error = refusal(
      [](const Tensor& x) {
        return torch::matmul(x, torch::ones({5, 5})); /* matmul-here */
      },
      "matmul-here", base::Exit::usage);
  EXPECT_NE(error.cause.find("the forward does not take the declared inputs"), std::string::npos);
}

TEST(Recorder, WatchesSites) {
  Attention model;
  model->eval();
  name_sites(*model);
  std::vector<std::string> sites;
  {
    const torch::NoGradGuard no_grad;
    const SiteWatcher watcher(*model, [&](const std::string& site, const Tensor& result) {
      sites.push_back(site);
      EXPECT_TRUE(result.defined());
    });
    model->forward(torch::ones({1, 3}, torch::kLong), torch::ones({1, 3}, torch::kLong));
  }
  EXPECT_EQ(sites, (std::vector<std::string>{"table", "position", "query", "lhs", "rhs", "norm"}));
}

}  // namespace
}  // namespace octavo::observe
