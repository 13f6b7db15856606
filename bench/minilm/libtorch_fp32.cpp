// LibTorch running the original source.
#include "bench/minilm/task.h"
#include "codegen/observe/load_weights.h"
#include "models/bert.cpp"

namespace {

class LibTorch {
 public:
  LibTorch(const char* weights, int threads) : model_(minilm_l6()) {
    torch::set_num_threads(threads);
    (void)octavo::observe::load_weights(*model_, weights);
    model_->eval();
  }

  void prepare(const bench::Inputs& inputs) {
    ids_ = torch::tensor(inputs.ids).view({inputs.B, inputs.S});
    mask_ = torch::tensor(inputs.mask).view({inputs.B, inputs.S});
  }

  void run() {
    torch::InferenceMode inference;
    output_ = model_(ids_, mask_);
  }

  const float* output() const { return output_.const_data_ptr<float>(); }

 private:
  BertModel model_;
  torch::Tensor ids_, mask_, output_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<LibTorch>(argc, argv, "libtorch_fp32 MODEL.safetensors THREADS"); }
