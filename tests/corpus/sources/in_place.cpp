// corpus: in-place operators: add_, mul_, div_, masked_fill_, relu_, +=, *=, -=, and a mask inverted in place.
// corpus: module = Busy()
// corpus: input = ids:int64[B,S] below 30
// corpus: input = mask:int64[B,S]
// corpus: sizes = B=2,S=12 B=1,S=1
#include <torch/torch.h>

struct BusyImpl : torch::nn::Module {
	BusyImpl() : words(30, 32), q(32, 32), k(32, 32), v(32, 32), o(32, 32), up(32, 64), down(64, 32), norm1(torch::nn::LayerNormOptions({32})), norm2(torch::nn::LayerNormOptions({32})) {
		register_module("words", words); register_module("q", q); register_module("k", k); register_module("v", v);
		register_module("o", o); register_module("up", up); register_module("down", down);
		register_module("norm1", norm1); register_module("norm2", norm2);
	}

	torch::Tensor forward(torch::Tensor ids, torch::Tensor mask) {
		auto x = words(ids);
		x *= 5.656854;
		auto B = x.size(0);
		auto S = x.size(1);
		auto Q = q(x).view({B, S, 4, 8}).transpose(1, 2);
		auto K = k(x).view({B, S, 4, 8}).permute({0, 2, 3, 1});
		auto V = v(x).view({B, S, 4, 8}).transpose(1, 2);
		auto scores = torch::matmul(Q, K);
		scores.div_(std::sqrt(8.0));
		scores.masked_fill_(mask.eq(0).unsqueeze(1).unsqueeze(2), -1e9);
		auto weights = torch::softmax(scores, -1);
		auto y = o(torch::matmul(weights, V).transpose(1, 2).reshape({B, S, 32}));
		y.add_(x);
		x = norm1(y);
		auto h = up(x);
		h.relu_();
		h = down(h);
		h.mul_(0.5).add_(x, 1.0);
		h -= 0.25;
		return norm2(h);
	}

	torch::nn::Embedding words;
	torch::nn::Linear q, k, v, o, up, down;
	torch::nn::LayerNorm norm1, norm2;
};
TORCH_MODULE(Busy);
