// LibTorch running the source that Octavo compiles, as it was written.
#include <functional>
#include <map>

#include "bench/encoder/task.h"
#include "codegen/observe/load_weights.h"
#include "models/bert.cpp"
#include "models/distilbert.cpp"

namespace {

using Forward = std::function<torch::Tensor(const torch::Tensor& ids, const torch::Tensor& mask)>;

template <typename Module>
Forward load(Module module, const std::string& weights) {
  (void)octavo::observe::load_weights(*module, weights);
  module->eval();
  return [module](const torch::Tensor& ids, const torch::Tensor& mask) mutable { return module(ids, mask); };
}

const std::map<std::string, Forward (*)(const std::string&)> kModels = {
    {"bert-base", [](const std::string& weights) { return load(BertModel(BertConfig{}), weights); }},
    {"distilbert", [](const std::string& weights) { return load(DistilBertModel(DistilBertConfig{}), weights); }},
    {"minilm-l6", [](const std::string& weights) { return load(BertModel(minilm_l6()), weights); }},
};

class LibTorch {
 public:
  LibTorch(bench::Arguments arguments, int threads) {
    torch::set_num_threads(threads);
    forward_ = kModels.at(arguments[0])(arguments[1]);
  }

  void prepare(const bench::Inputs& inputs) {
    ids_ = torch::tensor(inputs.ids).view({inputs.B, inputs.S});
    mask_ = torch::tensor(inputs.mask).view({inputs.B, inputs.S});
  }

  void run() {
    torch::InferenceMode inference;
    output_ = forward_(ids_, mask_);
  }

  bench::Output output() const { return {output_.size(2), output_.const_data_ptr<float>()}; }

 private:
  Forward forward_;
  torch::Tensor ids_, mask_, output_;
};

}  // namespace

int main(int argc, char** argv) {
  return bench::main<LibTorch>(argc, argv, 2, "bench_encoder_libtorch MODEL WEIGHTS THREADS");
}
