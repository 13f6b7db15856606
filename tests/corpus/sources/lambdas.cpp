// corpus: lambdas as sublayers, std::function members, layers kept in maps and vectors, activation chosen by name.
// corpus: module = Composed("gelu")
// corpus: input = x:float32[B,S,32]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>
#include <functional>
#include <map>
#include <string>

struct ComposedImpl : torch::nn::Module {
    using Activation = std::function<torch::Tensor(const torch::Tensor &)>;

    static Activation activation_named(const std::string &name)
    {
        static const std::map<std::string, Activation> known = {
            {"relu", [](const torch::Tensor &x) { return torch::relu(x); }},
            {"gelu", [](const torch::Tensor &x) { return torch::gelu(x, "tanh"); }}};
        return known.at(name);
    }

    explicit ComposedImpl(const std::string &name) : activation(activation_named(name))
    {
        auto linear = [this](const std::string &key, int64_t in, int64_t out) {
            return register_module(key, torch::nn::Linear(torch::nn::LinearOptions(in, out)));
        };
        projections.emplace("query", linear("q_lin", 32, 32));
        projections.emplace("key", linear("k_lin", 32, 32));
        projections.emplace("value", linear("v_lin", 32, 32));
        inner = linear("lin1", 32, 64);
        outer = linear("lin2", 64, 32);
        norms.push_back(register_module("sa_layer_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({32}))));
        norms.push_back(register_module("output_layer_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({32}))));
    }

    torch::Tensor forward(torch::Tensor x)
    {
        auto project = [&](const char *which, const torch::Tensor &t) {
            return projections.at(which)->forward(t).view({t.size(0), t.size(1), 4, 8}).transpose(1, 2);
        };
        auto attend = [this, &project](const torch::Tensor &t) {
            auto weights = torch::matmul(project("query", t), project("key", t).transpose(2, 3)).div_(std::sqrt(8.0));
            weights = torch::nn::functional::softmax(weights, -1);
            return torch::matmul(weights, project("value", t)).transpose(1, 2).reshape({t.size(0), t.size(1), 32});
        };
        auto feed_forward = [this](torch::Tensor t) -> torch::Tensor { return outer(activation(inner(t))); };
        x = norms[0](attend(x) + x);
        return norms[1](feed_forward(x) + x);
    }

    Activation activation;
    std::map<std::string, torch::nn::Linear> projections;
    torch::nn::Linear inner{nullptr}, outer{nullptr};
    std::vector<torch::nn::LayerNorm> norms;
};
TORCH_MODULE(Composed);
