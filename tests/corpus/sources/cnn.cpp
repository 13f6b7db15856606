// corpus: control: a convolutional net over digits as in LibTorch's own examples, pooling and a classifier.
// corpus: module = std::make_shared<DigitNet>()
// corpus: input = image:float32[B,1,16,16]
// corpus: sizes = B=1 B=3
#include <torch/torch.h>

struct DigitNet : torch::nn::Module {
  DigitNet()
      : conv1(torch::nn::Conv2dOptions(1, 6, /*kernel_size=*/5)),
        conv2(torch::nn::Conv2dOptions(6, 12, /*kernel_size=*/3).padding(1)),
        bn(12),
        fc1(12 * 3 * 3, 32),
        fc2(32, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("bn", bn);
    register_module("conv2_drop", conv2_drop);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(torch::max_pool2d(conv1->forward(x), 2));
    x = torch::relu(torch::max_pool2d(conv2_drop->forward(bn->forward(conv2->forward(x))), 2));
    x = x.view({-1, 12 * 3 * 3});
    x = torch::relu(fc1->forward(x));
    x = torch::dropout(x, 0.5, is_training());
    x = fc2->forward(x);
    return torch::log_softmax(x, 1);
  }

  torch::nn::Conv2d conv1;
  torch::nn::Conv2d conv2;
  torch::nn::BatchNorm2d bn;
  torch::nn::Dropout2d conv2_drop;
  torch::nn::Linear fc1;
  torch::nn::Linear fc2;
};
