// bert_reference WEIGHTS INPUTS.safetensors...: the original source under LibTorch, one thread; the answer to
// each inputs file goes beside it, as .original.
#include <filesystem>

#include "models/bert.cpp"
#include "tests/models/torch_tensors.h"

int main(int argc, char** argv) {
  torch::NoGradGuard no_grad;
  torch::set_num_threads(1);
  BertModel model(minilm_l6());
  model->eval();
  load_weights(*model, argv[1]);
  for (int i = 2; i < argc; ++i) {
    std::filesystem::path file = argv[i];
    auto inputs = read_tensors(file);
    auto output = model(inputs.at("input_ids"), inputs.at("attention_mask"));
    write_tensors(file.replace_extension(".original"), {{"output", output}});
  }
}
