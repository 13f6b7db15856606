// corpus: control without attention: a plain class without holder, Linear members and a Sequential.
// corpus: module = std::make_shared<Net>(12, 32, 5)
// corpus: input = x:float32[B,12]
// corpus: sizes = B=1 B=23
#include <torch/torch.h>

struct Net : torch::nn::Module
{
  Net(int in, int hidden, int out)
  {
    fc1 = register_module("fc1", torch::nn::Linear(in, hidden));
    fc2 = register_module("fc2", torch::nn::Linear(hidden, hidden));
    body = register_module("body", torch::nn::Sequential(
                                       torch::nn::Linear(torch::nn::LinearOptions(hidden, hidden).bias(false)),
                                       torch::nn::ReLU(), torch::nn::Linear(hidden, hidden), torch::nn::Tanh()));
    fc3 = register_module("fc3", torch::nn::Linear(hidden, out));
  }

  torch::Tensor forward(torch::Tensor x)
  {
    x = torch::relu(fc1->forward(x.reshape({x.size(0), 12})));
    x = torch::dropout(x, /*p=*/0.5, /*train=*/is_training());
    x = torch::relu(fc2->forward(x));
    x = body->forward(x);
    x = torch::log_softmax(fc3->forward(x), /*dim=*/1);
    return x;
  }

  torch::nn::Linear fc1{nullptr}, fc2{nullptr}, fc3{nullptr};
  torch::nn::Sequential body{nullptr};
};
