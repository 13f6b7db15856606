// What the recorder makes of small models under real LibTorch.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "codegen/graph/text.h"
#include "codegen/graph/verify.h"
#include "codegen/observe/probe.h"
#include "codegen/observe/site_watcher.h"

namespace octavo::observe {
namespace {

using torch::Tensor;

Traced traced(const Program& program, const std::vector<std::string>& inputs) {
  torch::manual_seed(0);
  at::set_num_threads(1);  // the tensors are tiny
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
    Tensor left = lhs(q);  // apart: the order of evaluating arguments is the compiler's
    Tensor right = rhs(q.transpose(-1, -2));
    Tensor scores = torch::matmul(left, right);
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

// Library attention asks whether query, key and value are one tensor.
TEST(Recorder, ATensorEqualsItself) {
  const std::string graph =
      text(traced(of([](const Tensor& x) { return torch::equal(x, x) ? x + 1 : x; }), {"x:float32[B,S]"}));
  EXPECT_NE(graph.find("aten.add.Scalar"), std::string::npos) << graph;
}

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
%4: i64[S] = aten.arange() {dtype = "i64", end = S}
%6: f32[S, 8] = octavo.embedding(%w1, %4) {padding_idx = -1, site = "position"}
%7: f32[B, S, 8] = aten.add.Tensor(%3, %6) {alpha = 1}
%10: f32[B, S, 8] = octavo.linear(%7, %w2, %w3) {site = "query"}
%11: f32[B, S, 2, 4] = aten.view(%10) {size = [B, S, 2, 4]}
%12: f32[B, 2, S, 4] = aten.transpose.int(%11) {dim0 = 1, dim1 = 2}
%13: f32[B, 2, S, 4] = octavo.quantize(%12) {site = "lhs"}
%14: f32[B, 2, 4, S] = aten.transpose.int(%12) {dim0 = -1, dim1 = -2}
%15: f32[B, 2, 4, S] = octavo.quantize(%14) {site = "rhs"}
%16: f32[B, 2, S, S] = aten.matmul(%13, %15)
%17: bool[B, S] = aten.eq.Scalar(%mask) {other = 0}
%18: bool[B, 1, S] = aten.unsqueeze(%17) {dim = 1}
%19: bool[B, 1, 1, S] = aten.unsqueeze(%18) {dim = 2}
%20: f32[B, 2, S, S] = aten.masked_fill.Scalar(%16, %19) {value = -1e+09}
%21: f32[B, 2, S, S] = aten.softmax.int(%20) {dim = -1}
%22: f32[B, 2, S, 4] = aten.matmul(%21, %12)
%23: f32[B, S, 2, 4] = aten.transpose.int(%22) {dim0 = 1, dim1 = 2}
%24: f32[B, S, 2, 4] = aten.contiguous(%23)
%25: f32[B, S, 8] = aten.view(%24) {size = [B, S, 8]}
%26: f32[B, S, 8] = aten.add.Tensor(%25, %7) {alpha = 1}
%29: f32[B, S, 8] = aten.layer_norm(%26, %w4, %w5) {eps = 1e-05, normalized_shape = [8]}
output "output" = %29
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
            "weight %w1: f32[4] = \"constant.1\"\n"
            "%2: f32[B, 4, 4] = aten.masked_fill.Scalar(%x, %w0) {value = -1.0}\n"
            "%4: f32[B, 4, 4] = aten.add.Tensor(%2, %w1) {alpha = 1}\n"
            "output \"output\" = %4\n");
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
  // Its transpose is no constant of its own: the head shares the bytes of the table.
  ASSERT_EQ(result.tensors.size(), 1U);
  EXPECT_EQ(result.tensors[0].first, "table.weight");
  EXPECT_NE(text(result).find("aten.t(%w0)"), std::string::npos) << text(result);
}

TEST(Recorder, AQuantizerOfAParameterStays) {
  struct Functional : torch::nn::Module {
    Tensor forward(const Tensor& x) { return torch::linear(lhs(x), rhs(weight)); }
    Tensor weight = register_parameter("weight", torch::ones({5, 3}));
    nn::Quantizer lhs = quantizer(*this, "lhs"), rhs = quantizer(*this, "rhs");
  };
  const std::string graph = text(traced(wrap<1>(std::make_shared<Functional>()), {"x:float32[B,3]"}));
  EXPECT_NE(graph.find("octavo.quantize(%w0) {site = \"rhs\"}"), std::string::npos) << graph;
}

// The requirements of a model, one a line.
std::string requirements(const Traced& traced) {
  std::string result;
  for (const graph::Requirement& requirement : traced.graph.requirements)
    result += requirement.dim.text() + " <= " + std::to_string(requirement.limit) + ": " + requirement.reason + "\n";
  return result;
}

TEST(Recorder, ASizeOfOneThatIsAnotherModelIsRequiredNotToBe) {
  const std::vector<std::string> inputs = {"x:float32[B,S]"};
  const std::string squeezed = requirements(traced(of([](const Tensor& x) { return x.squeeze(0); }), inputs));
  EXPECT_EQ(squeezed.find("-B <= -2: where B is 1, "), 0U) << squeezed;
  EXPECT_EQ(squeezed.find("-S"), std::string::npos) << squeezed;
  const std::string branch =
      requirements(traced(of([](const Tensor& x) { return x.size(1) == 1 ? x.relu() : x.tanh(); }), inputs));
  EXPECT_EQ(branch.find("-S <= -2: where S is 1, control flow depends on the input's sizes: aten.tanh"), 0U) << branch;
  const std::string throws = requirements(traced(of([](const Tensor& x) { return x.narrow(1, 0, 2); }), inputs));
  EXPECT_NE(throws.find("-S <= -2: where S is 1, the forward does not take"), std::string::npos) << throws;
  // The second of two parts does not exist: the forward reads beyond a list.
  const std::string crash = requirements(traced(of([](const Tensor& x) {
                                                  if (x.size(0) == 1) std::abort();
                                                  return x + 1;
                                                }),
                                                inputs));
  EXPECT_EQ(crash, "-B <= -2: where B is 1, the forward crashes\n");
  const std::string both =
      requirements(traced(of([](const Tensor& x) { return x.numel() == 1 ? x.relu() : x.tanh(); }), inputs));
  EXPECT_EQ(both.find("-B*S <= -2: where B*S is 1, "), 0U) << both;
}

TEST(Recorder, ASizeOfOneThatChangesNothingIsAllowed) {
  const std::vector<std::string> inputs = {"x:float32[B,S]"};
  EXPECT_EQ(requirements(traced(of([](const Tensor& x) {
                                  // contiguous() copies only where the strides say more than one order.
                                  return x.t().contiguous().view({-1}) + x.sum(0, true).expand_as(x).reshape({-1});
                                }),
                                inputs)),
            "");
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
        return torch::equal(x, -x) ? x : -x; /* equal-read */
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

TEST(Recorder, RefusesConstantsThatVaryWithSizes) {
  refusal(
      [](const Tensor& x) {
        Tensor size = torch::tensor({static_cast<float>(x.size(1))});  // size-here
        return x * size;
      },
      "size-here");
  // Written behind the recorder's back: found where it is read.
  refusal(
      [](const Tensor& x) {
        Tensor hidden = torch::empty({1});
        *hidden.data_ptr<float>() = static_cast<float>(x.size(1));
        return x * hidden;  // hidden-read
      },
      "hidden-read");
}

TEST(Recorder, RefusesElementsWrittenThroughAPointer) {
  refusal(
      [](const Tensor& x) {
        Tensor y = x + 1;
        for (int64_t i = 0; i < y.numel(); ++i) y.data_ptr<float>()[i] *= 2;
        return y * x;  // pointer-read
      },
      "pointer-read");
}

TEST(Recorder, RefusesAnotherDevice) {
  refusal(
      [](const Tensor& x) {
        return x.to(at::Device(at::kCUDA, 0)) + 1; /* device-here */
      },
      "device-here");
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

struct CacheImpl : torch::nn::Module {
  Tensor forward(const Tensor& x) {
    if (!table.defined()) table = torch::arange(8).to(torch::kFloat).cos();  // made once: a constant
    if (!grows) return x * table;
    kept = kept.defined() ? torch::cat({kept, x}, 1) : x; /* kept-here */
    return kept.sum(1);
  }
  explicit CacheImpl(bool grows) : grows(grows) {}
  bool grows;
  Tensor table, kept;
};

TEST(Recorder, TakesWhatTheFirstCallMade) {
  const Traced result = traced(wrap<1>(std::make_shared<CacheImpl>(false)), {"x:float32[B,S,8]"});
  EXPECT_EQ(result.graph.calls.size(), 1u) << text(result);
  EXPECT_EQ(result.graph.weights.size(), 1u);
}

TEST(Recorder, RefusesStateKeptBetweenCalls) {
  try {
    (void)traced(wrap<1>(std::make_shared<CacheImpl>(true)), {"x:float32[B,S,8]"});
    ADD_FAILURE() << "no refusal";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_NE(error.cause.find("earlier call of forward"), std::string::npos) << error.text();
    std::ifstream in(__FILE__);
    std::string line;
    for (int i = 0; i < error.place.line; ++i) std::getline(in, line);
    EXPECT_NE(line.find("kept-here"), std::string::npos) << error.text();
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
