// corpus: GPT-like decoder: causal mask in a buffer, one Linear for q, k, v and split, head tied by assigning the weight.
// corpus: module = nano::GPT(nano::Config{})
// corpus: input = idx:int64[B,T] below 65
// corpus: sizes = B=2,T=12 B=1,T=1 B=1,T=32
#include <torch/torch.h>
#include <cmath>
#include <limits>

namespace nano {

struct Config
{
	int64_t vocab_size = 65;
	int64_t block_size = 32;
	int64_t n_layer = 2;
	int64_t n_head = 4;
	int64_t n_embd = 32;
	bool bias = true;
	double dropout = 0.0;
};

struct CausalSelfAttentionImpl : torch::nn::Module
{
	CausalSelfAttentionImpl(const Config& config) : n_head(config.n_head), n_embd(config.n_embd)
	{
		TORCH_CHECK(config.n_embd % config.n_head == 0);
		c_attn = register_module("c_attn", torch::nn::Linear(torch::nn::LinearOptions(n_embd, 3 * n_embd).bias(config.bias)));
		c_proj = register_module("c_proj", torch::nn::Linear(torch::nn::LinearOptions(n_embd, n_embd).bias(config.bias)));
		attn_dropout = register_module("attn_dropout", torch::nn::Dropout(config.dropout));
		resid_dropout = register_module("resid_dropout", torch::nn::Dropout(config.dropout));
		register_buffer("bias", torch::tril(torch::ones({config.block_size, config.block_size}))
			.view({1, 1, config.block_size, config.block_size}));
	}

	torch::Tensor forward(torch::Tensor x)
	{
		int64_t B = x.size(0), T = x.size(1), C = x.size(2);
		auto qkv = c_attn->forward(x).split(n_embd, 2);
		auto q = qkv[0].view({B, T, n_head, C / n_head}).transpose(1, 2);
		auto k = qkv[1].view({B, T, n_head, C / n_head}).transpose(1, 2);
		auto v = qkv[2].view({B, T, n_head, C / n_head}).transpose(1, 2);

		using namespace torch::indexing;
		auto bias = this->named_buffers()["bias"];
		auto att = torch::matmul(q, k.transpose(-2, -1)) * (1.0 / std::sqrt(k.size(-1)));
		att = att.masked_fill(bias.index({Slice(), Slice(), Slice(None, T), Slice(None, T)}) == 0,
			-std::numeric_limits<float>::infinity());
		att = torch::softmax(att, -1);
		att = attn_dropout(att);
		auto y = torch::matmul(att, v);
		y = y.transpose(1, 2).contiguous().view({B, T, C});
		return resid_dropout(c_proj(y));
	}

	int64_t n_head, n_embd;
	torch::nn::Linear c_attn{nullptr}, c_proj{nullptr};
	torch::nn::Dropout attn_dropout{nullptr}, resid_dropout{nullptr};
};
TORCH_MODULE(CausalSelfAttention);

struct MLPImpl : torch::nn::Module
{
	MLPImpl(const Config& c)
	{
		c_fc = register_module("c_fc", torch::nn::Linear(c.n_embd, 4 * c.n_embd));
		gelu = register_module("gelu", torch::nn::GELU());
		c_proj = register_module("c_proj", torch::nn::Linear(4 * c.n_embd, c.n_embd));
	}
	torch::Tensor forward(torch::Tensor x)
	{
		x = c_fc(x);
		x = gelu(x);
		x = c_proj(x);
		return x;
	}
	torch::nn::Linear c_fc{nullptr}, c_proj{nullptr};
	torch::nn::GELU gelu{nullptr};
};
TORCH_MODULE(MLP);

struct BlockImpl : torch::nn::Module
{
	BlockImpl(const Config& c)
	{
		ln_1 = register_module("ln_1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.n_embd})));
		attn = register_module("attn", CausalSelfAttention(c));
		ln_2 = register_module("ln_2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.n_embd})));
		mlp = register_module("mlp", MLP(c));
	}
	torch::Tensor forward(torch::Tensor x)
	{
		x = x + attn(ln_1(x));
		x = x + mlp(ln_2(x));
		return x;
	}
	torch::nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
	CausalSelfAttention attn{nullptr};
	MLP mlp{nullptr};
};
TORCH_MODULE(Block);

struct GPTImpl : torch::nn::Module
{
	GPTImpl(const Config& c) : config(c)
	{
		wte = register_module("wte", torch::nn::Embedding(c.vocab_size, c.n_embd));
		wpe = register_module("wpe", torch::nn::Embedding(c.block_size, c.n_embd));
		drop = register_module("drop", torch::nn::Dropout(c.dropout));
		h = register_module("h", torch::nn::ModuleList());
		for (int64_t i = 0; i < c.n_layer; ++i) h->push_back(Block(c));
		ln_f = register_module("ln_f", torch::nn::LayerNorm(torch::nn::LayerNormOptions({c.n_embd})));
		lm_head = register_module("lm_head", torch::nn::Linear(torch::nn::LinearOptions(c.n_embd, c.vocab_size).bias(false)));
		lm_head->weight = wte->weight;  // weight tying
		for (auto& p : named_parameters())
			if (p.key().find("c_proj.weight") != std::string::npos)
				torch::nn::init::normal_(p.value(), 0.0, 0.2 / std::sqrt(2.0 * c.n_layer));
	}

	torch::Tensor forward(torch::Tensor idx)
	{
		auto t = idx.size(1);
		TORCH_CHECK(t <= config.block_size, "Cannot forward sequence of length ", t);
		auto pos = torch::arange(0, t, torch::TensorOptions().dtype(torch::kLong).device(idx.device()));
		auto x = drop(wte(idx) + wpe(pos));
		for (const auto& block : *h)
			x = block->as<BlockImpl>()->forward(x);
		x = ln_f(x);
		return lm_head(x);
	}

	Config config;
	torch::nn::Embedding wte{nullptr}, wpe{nullptr};
	torch::nn::Dropout drop{nullptr};
	torch::nn::ModuleList h{nullptr};
	torch::nn::LayerNorm ln_f{nullptr};
	torch::nn::Linear lm_head{nullptr};
};
TORCH_MODULE(GPT);

} // namespace nano
