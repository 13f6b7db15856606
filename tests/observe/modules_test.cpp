// The modules of octavo/torch.h, and wrap<N> over what people return.
#include <gtest/gtest.h>

#include "codegen/observe/load_weights.h"
#include "codegen/observe/probe.h"
#include "octavo/observe.h"

namespace octavo::observe {
namespace {

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

struct PairImpl : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x) { return second(first(lhs(x)).relu()); }
  nn::QuantLinear first = register_module("first", nn::QuantLinear(6, 5));
  nn::QuantLinear second = register_module("second", nn::QuantLinear(torch::nn::LinearOptions(5, 4).bias(false)));
  nn::Quantizer lhs = quantizer(*this, "lhs");
};
TORCH_MODULE(Pair);

TEST(Modules, OffIsBitEqualToThePlainModules) {
  torch::manual_seed(1);
  for (const bool bias : {true, false}) {
    const auto options = torch::nn::LinearOptions(17, 9).bias(bias);
    torch::nn::Linear plain(options);
    nn::QuantLinear quant(options);
    const torch::NoGradGuard no_grad;
    quant->weight.copy_(plain->weight);
    if (bias) quant->bias.copy_(plain->bias);
    for (const auto& shape : {std::vector<int64_t>{17}, {3, 17}, {2, 5, 17}}) {
      const at::Tensor x = torch::randn(shape);
      EXPECT_TRUE(same_bits(quant(x), plain(x)));
    }
  }
  const auto options = torch::nn::EmbeddingOptions(11, 6).padding_idx(-2);
  torch::nn::Embedding plain(options);
  nn::QuantEmbedding quant(options);
  const torch::NoGradGuard no_grad;
  quant->weight.copy_(plain->weight);
  const at::Tensor ids = torch::randint(0, 11, {2, 7});
  EXPECT_TRUE(same_bits(quant(ids), plain(ids)));
  const at::Tensor x = torch::randn({2, 3});
  EXPECT_TRUE(same_bits(nn::Quantizer()(x), x));
}

TEST(Modules, AreWhatTheyReplace) {
  nn::QuantLinear quant(3, 2);
  EXPECT_NE(quant->as<torch::nn::Linear>(), nullptr);
  const torch::nn::Linear shared = quant;
  EXPECT_TRUE(shared->weight.is_same(quant->weight));
  torch::nn::ModuleList list(quant, nn::QuantLinear(2, 2));
  EXPECT_EQ(list->named_parameters().size(), 4U);
  torch::nn::Sequential sequence(nn::QuantLinear(3, 4), torch::nn::ReLU(), nn::QuantLinear(4, 1));
  EXPECT_EQ(sequence->forward(torch::ones({2, 3})).sizes(), (std::vector<int64_t>{2, 1}));
  nn::QuantLinear empty{nullptr};
  EXPECT_TRUE(empty.is_empty());
  nn::QuantEmbedding frozen = nn::QuantEmbedding::from_pretrained(torch::ones({3, 2}));
  EXPECT_FALSE(frozen->weight.requires_grad());
}

TEST(Modules, CloneKeepsKindAndValues) {
  nn::QuantLinear quant(3, 2);
  const auto copy = std::dynamic_pointer_cast<nn::QuantLinearImpl>(quant->clone());
  ASSERT_NE(copy, nullptr);
  EXPECT_TRUE(same_bits(copy->weight, quant->weight));
  EXPECT_NE(copy->weight.data_ptr(), quant->weight.data_ptr());
}

TEST(Modules, SitesAreNamedByPath) {
  Pair model;
  name_sites(*model);
  EXPECT_EQ(model->first->site.id, "first");
  EXPECT_EQ(model->lhs->site.id, "lhs");
}

TEST(Modules, ObserveKeepsRangesAndValues) {
  Pair model;
  const at::Tensor x = torch::tensor({{-2.0F, 0.0F, 1.0F, 3.5F, 0.5F, 0.25F}});
  const at::Tensor expected = model->forward(x);
  set_mode(*model, Mode::observe);
  EXPECT_TRUE(same_bits(model->forward(x), expected));
  model->forward(x * 2);
  EXPECT_EQ(model->lhs->site.low, -4);
  EXPECT_EQ(model->lhs->site.high, 7);
  EXPECT_EQ(model->first->site.count, 12);
  EXPECT_EQ(model->second->site.low, 0);  // after relu
}

TEST(Modules, FakeQuantiseIsTheGridOfNumerics) {
  // scale = absmax/127, values rounded half to even: 127 steps of 1, per row.
  const at::Tensor x = torch::tensor({{127.0F, 0.5F, 1.5F, -126.6F}, {254.0F, 3.0F, -5.0F, 0.0F}});
  const at::Tensor grid = torch::tensor({{127.0F, 0.0F, 2.0F, -127.0F}, {254.0F, 4.0F, -4.0F, 0.0F}});
  nn::Site site;
  EXPECT_TRUE(same_bits(site.fake_quantise(x), grid));
  EXPECT_TRUE(same_bits(site.fake_quantise(torch::zeros({2, 3})), torch::zeros({2, 3})));
  site.absmax = 127;
  EXPECT_TRUE(same_bits(site.fake_quantise(torch::tensor({300.0F, -0.75F})), torch::tensor({127.0F, -1.0F})));
}

TEST(Modules, FakeQuantiseTrains) {
  torch::manual_seed(2);
  Pair model;
  set_mode(*model, Mode::fake_quantise);
  const at::Tensor x = torch::randn({8, 6}), goal = torch::randn({8, 4});
  torch::optim::SGD optimiser(model->parameters(), 0.1);
  double first = 0, last = 0;
  for (int step = 0; step < 50; ++step) {
    optimiser.zero_grad();
    at::Tensor loss = torch::mse_loss(model->forward(x), goal);
    loss.backward();
    optimiser.step();
    (step == 0 ? first : last) = loss.item<double>();
  }
  EXPECT_LT(last, first);
  // Straight through: the gradient of sum(q(x)) is 1 inside the range and 0 where a static range clips.
  at::Tensor free = torch::tensor({0.3F, 2.0F}, torch::requires_grad());
  nn::Site site;
  site.absmax = 1;
  site.fake_quantise(free).sum().backward();
  EXPECT_TRUE(same_bits(free.grad(), torch::tensor({1.0F, 0.0F})));
}

struct Plain {
  std::tuple<torch::Tensor, std::vector<torch::Tensor>> forward(const torch::Tensor& x, torch::Tensor y) {
    return {x, {y, x + y}};
  }
};

TEST(Wrap, TakesHoldersPointersAndValuesAndFlattens) {
  const at::Tensor x = torch::ones({2, 6});
  for (const Program& program : {wrap<1>(Pair()), wrap<1>(std::make_shared<PairImpl>())}) {
    const Outputs outputs = program.forward({x});
    EXPECT_TRUE(outputs.single);
    EXPECT_EQ(output_names(outputs, {}), std::vector<std::string>{"output"});
  }
  const Outputs outputs = wrap<2>(Plain()).forward({x, x});
  EXPECT_EQ(output_names(outputs, {}), (std::vector<std::string>{"output.0", "output.1", "output.2"}));
  EXPECT_EQ(output_names(outputs, {"a", "b", "c"}), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_THROW((void)output_names(outputs, {"a"}), base::Error);
}

struct WithLoss {  // as language models are written: no loss without targets
  std::pair<torch::Tensor, torch::Tensor> forward(const torch::Tensor& x, const torch::Tensor& targets = {}) {
    return {x, targets.defined() ? (x - targets).mean() : torch::Tensor()};
  }
};

TEST(Wrap, LeavesOutResultsThatAreUndefined) {
  const at::Tensor x = torch::ones({2, 6});
  EXPECT_EQ(wrap<1>(WithLoss()).forward({x}).tensors.size(), 1U);
  EXPECT_EQ(wrap<2>(WithLoss()).forward({x, x}).tensors.size(), 2U);
}

TEST(Weights, LoadByNameOrReportEverything) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "pair.safetensors";
  Pair from, to;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& parameter : from->named_parameters())
    tensors.emplace_back("bert." + parameter.key(), parameter.value().detach());
  tensors[2].second = tensors[2].second.to(at::kBFloat16);
  base::write_safetensors(path, to_write(tensors));
  EXPECT_EQ(load_weights(*to, path).size(), 1U);
  EXPECT_TRUE(same_bits(to->first->weight, from->first->weight));
  EXPECT_TRUE(same_bits(to->second->weight, from->second->weight.detach().to(at::kBFloat16).to(at::kFloat)));

  const at::Tensor before = to->first->weight.detach().clone();
  tensors.erase(tensors.begin());
  tensors.emplace_back("bert.third.weight", torch::ones({1}));
  base::write_safetensors(path, to_write(tensors));
  try {
    load_weights(*to, path);
    ADD_FAILURE() << "no error";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    EXPECT_NE(error.cause.find("missing: 'first.weight' [5, 6]"), std::string::npos);
    EXPECT_NE(error.cause.find("extra: 'bert.third.weight' [1]"), std::string::npos);
  }
  EXPECT_TRUE(same_bits(to->first->weight, before));
}

}  // namespace
}  // namespace octavo::observe
