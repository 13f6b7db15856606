// One output an operator: operators_test.py compiles each module and compares every output with LibTorch's. What is
// discontinuous (comparisons, floor) meets values that lie on its steps.
#include <torch/torch.h>

namespace F = torch::nn::functional;
using torch::Tensor;
using torch::indexing::Ellipsis;
using torch::indexing::None;
using torch::indexing::Slice;

using Outputs = std::vector<Tensor>;

// x and y: floats of one shape; n: integers of that shape.
struct ArithmeticImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& y, const Tensor& n) {
    const Tensor positive = x.abs() + 0.5;
    return {x + y,
            x - y * 2,
            torch::add(x, y, 0.5),
            torch::rsub(x, y),
            3 - x,
            x * y,
            x / positive,
            1 / positive,
            torch::floor(x),
            x.ceil(),
            x.round(),
            x.trunc(),
            x.frac(),
            x - torch::floor(x / 0.75) * 0.75,
            n.floor_divide(3),
            n.remainder(5),
            torch::div(n, 3, "trunc"),
            n / 3,
            n.abs(),
            -n,
            n.pow(2),
            x.pow(3),
            x.pow(4),
            positive.pow(-0.5),
            torch::pow(2, x),
            x.square(),
            positive.rsqrt(),
            positive.sqrt(),
            positive.reciprocal(),
            x.exp(),
            x.expm1(),
            torch::exp2(x),
            positive.log(),
            positive.log2(),
            positive.log10(),
            positive.log1p(),
            x.sin(),
            x.cos(),
            x.tanh(),
            x.sigmoid(),
            x.erf(),
            x.sign(),
            torch::clamp(x, -0.5, 0.5),
            x.clamp_min(0),
            x.clamp_max(0.25),
            torch::clamp(x, y - 1, y + 1),
            torch::max(x, y),
            torch::minimum(x, y),
            torch::lerp(x, y, 0.25),
            torch::addcmul(x, y, y, 0.5),
            torch::addcdiv(x, y, positive, 2),
            torch::where(x > y, x, y),
            torch::where(n > 2, x, torch::zeros_like(x)),
            x.masked_fill(n == 1, 7),
            n + x,
            n * 2 + 1,
            n.to(torch::kFloat) / 2,
            x.to(torch::kLong)};
  }
};
TORCH_MODULE(Arithmetic);

struct ComparisonsImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& y, const Tensor& n) {
    return {x > y,
            x >= 0,
            n != 3,
            n == n.transpose(0, 1).transpose(0, 1),
            (x < y).logical_and(n < 4),
            (x < y).logical_or(n < 4),
            (x < y).logical_xor(n < 4),
            ~(x < y),
            (x < y) & (n > 1),
            (x < y) | (n > 1),
            (x < y) ^ (n > 1),
            x.isnan(),
            x.isfinite(),
            torch::isinf(x),
            n.to(torch::kBool),
            x.eq(y),
            (x > 0).any(),
            (x > 0).all(-1),
            (n > 0).any(0, true)};
  }
};
TORCH_MODULE(Comparisons);

struct ActivationsImpl : torch::nn::Module {
  Outputs forward(const Tensor& x) {
    return {torch::relu(x),
            F::relu6(x),
            F::leaky_relu(x, F::LeakyReLUFuncOptions().negative_slope(0.1)),
            F::elu(x, F::ELUFuncOptions().alpha(1.5)),
            F::selu(x),
            F::celu(x),
            F::gelu(x),
            F::gelu(x, F::GELUFuncOptions().approximate("tanh")),
            F::silu(x),
            F::mish(x),
            F::softplus(x),
            F::softsign(x),
            F::logsigmoid(x),
            F::tanhshrink(x),
            torch::hardtanh(x),
            torch::hardswish(x),
            torch::hardsigmoid(x),
            F::glu(x, F::GLUFuncOptions(-1)),
            torch::softmax(x, -1),
            torch::softmax(x, 0),
            torch::log_softmax(x, -1)};
  }
};
TORCH_MODULE(Activations);

// x [B, S, 8]
struct ReductionsImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& n) {
    const auto [largest, where_largest] = x.max(-1);
    return {x.sum(),
            x.sum(-1),
            x.sum({0, 2}, true),
            x.mean(1),
            x.mean(),
            x.amax(-1, true),
            x.amin({0, 1}),
            largest,
            where_largest,
            x.argmax(-1),
            x.argmin(1, true),
            x.argmax(),
            n.sum(-1),
            n.amax(1),
            (x > 0).sum(1),
            x.var(-1),
            x.var(-1, false, true),
            x.std(1, true, true),
            x.norm(2, -1, true),
            torch::linalg_vector_norm(x, 2, at::IntArrayRef({-1})),
            F::normalize(x, F::NormalizeFuncOptions().dim(-1)),
            F::cosine_similarity(x, x.flip(1), F::CosineSimilarityFuncOptions().dim(-1)),
            x.logsumexp(-1),
            x.cumsum(1),
            n.cumsum(-1)};
  }
};
TORCH_MODULE(Reductions);

// x [B, S, 8], n [B, S, 8]
struct MovementImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& n) {
    const int64_t B = x.size(0), S = x.size(1);
    const auto halves = x.chunk(2, -1);
    const auto parts = x.split({3, 5}, 2);
    const auto columns = x.unbind(-1);
    return {x.view({B, S, 2, 4}).transpose(1, 2),
            x.reshape({B * S, -1}),
            x.flatten(1),
            x.unsqueeze(1).expand({B, 3, S, 8}),
            x.permute({2, 0, 1}),
            x.transpose(-1, -2).contiguous(),
            x.movedim(2, 0),
            x.swapaxes(0, 1),
            x.select(1, 0),
            x.select(-1, -1),
            x.slice(2, 1, 7, 2),
            x.narrow(2, -3, 2),
            x.index({Slice(), 0}),
            x.index({Ellipsis, Slice(None, None, 2)}),
            x.index({Slice(), None, Slice(), Slice(1, -1)}),
            torch::cat({halves[1], halves[0]}, -1),
            torch::cat({-halves[1], parts[0]}, 2),
            torch::stack({columns[0], columns[7]}, 1),
            torch::hstack({x, x}),
            x.repeat({2, 1, 1}),
            x.repeat_interleave(3, 1),
            torch::tile(x, {1, 1, 2}),
            x.flip(1),
            x.flip({0, 2}),
            x.roll(2, -1),
            x.roll(-1, 1),
            F::pad(x, F::PadFuncOptions({1, 2})),
            F::pad(x, F::PadFuncOptions({0, 0, 2, 1}).value(-1)),
            F::pad(n, F::PadFuncOptions({-1, 1})),
            x.tril(),
            x.triu(1),
            torch::ones({S, S}).tril(-1),
            torch::arange(S) + torch::arange(3, 3 + S),
            torch::arange(0, 2 * S, 2),
            torch::linspace(0, 1, 5),
            torch::eye(4),
            torch::full({B, 1}, 2.5),
            torch::zeros_like(n),
            torch::one_hot(n.remainder(5), 5),
            torch::meshgrid({torch::arange(S), torch::arange(4)}, "ij")[0],
            x.unsqueeze(1).squeeze(1),
            x.masked_fill(torch::ones({S, 8}, torch::kBool).triu(1), 0)};
  }
};
TORCH_MODULE(Movement);

// x [B, S, 8] and indices n [B, S, 8]
struct IndexingImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& n) {
    const int64_t B = x.size(0);
    const Tensor column = n.remainder(8), row = n.select(-1, 0).remainder(2) * 0;
    const Tensor last = (n.select(-1, 1) > 2).to(torch::kLong).sum(-1).clamp_min(1) - 1;  // [B], within S
    return {x.gather(-1, column),
            x.gather(2, column.slice(2, 0, 3)),
            x.gather(1, row.unsqueeze(-1)),
            x.index_select(-1, torch::tensor({7, 0, 3})),
            x.index_select(1, torch::arange(x.size(1)).flip(0)),
            x.index({Slice(), Slice(), torch::tensor({1, -1})}),
            x.index({torch::arange(B), last}),
            x.index({torch::arange(B).unsqueeze(1), torch::zeros({1, 2}, torch::kLong)}),
            x.index({row.select(1, 0)}),
            x.take_along_dim(column, -1),
            F::embedding(column.select(-1, 0), x.reshape({-1, 8}).slice(0, 0, 1).expand({8, 8}).contiguous())};
  }
};
TORCH_MODULE(Indexing);

// x [B, S, 8], y [B, S, 8]
struct ProductsImpl : torch::nn::Module {
  ProductsImpl()
      : linear(8, 5),
        bare(torch::nn::LinearOptions(8, 3).bias(false)),
        bilinear(8, 8, 2),
        conv(torch::nn::Conv1dOptions(8, 6, 3).padding(1)),
        strided(torch::nn::Conv1dOptions(8, 4, 2).stride(2).groups(2)),
        dilated(torch::nn::Conv1dOptions(8, 8, 3).dilation(2).padding(2).groups(8).bias(false)),
        patches(torch::nn::Conv2dOptions(1, 4, {1, 4}).stride({1, 4})),
        layer_norm(torch::nn::LayerNormOptions({8})),
        group_norm(torch::nn::GroupNormOptions(2, 8)),
        batch_norm(8) {
    register_module("linear", linear);
    register_module("bare", bare);
    register_module("bilinear", bilinear);
    register_module("conv", conv);
    register_module("strided", strided);
    register_module("dilated", dilated);
    register_module("patches", patches);
    register_module("layer_norm", layer_norm);
    register_module("group_norm", group_norm);
    register_module("batch_norm", batch_norm);
  }
  Outputs forward(const Tensor& x, const Tensor& y) {
    const Tensor yt = y.transpose(1, 2), xt = x.transpose(1, 2);
    const int64_t B = x.size(0), S = x.size(1);
    const Tensor heads = x.view({B, S, 2, 4}).transpose(1, 2), others = y.view({B, S, 2, 4}).transpose(1, 2);
    return {linear(x),
            bare(x),
            torch::matmul(x, yt),
            x.matmul(yt.select(0, 0)),
            torch::matmul(x, y.select(1, 0).unsqueeze(-1)),
            x.select(0, 0).mm(yt.select(0, 0)),
            torch::bmm(x, yt),
            torch::baddbmm(torch::ones({1, 1, 1}), x, yt, 0.5, 2),
            torch::addmm(torch::ones({S}), x.select(0, 0), yt.select(0, 0)),
            x.select(0, 0).mv(y.select(0, 0).select(0, 0)),
            x.select(0, 0).select(0, 0).dot(y.select(0, 0).select(0, 0)),
            torch::outer(x.select(0, 0).select(0, 0), y.select(0, 0).select(0, 0)),
            torch::einsum("bsd,btd->bst", {x, y}),
            torch::einsum("bhid,bhjd->bhij", {heads, others}),
            torch::einsum("bihd,bjhd->bhij", {x.view({B, S, 2, 4}), y.view({B, S, 2, 4})}),
            torch::einsum("bsd,sd->b", {x, y.select(0, 0)}),
            torch::einsum("...d,d->...", {x, y.select(0, 0).select(0, 0)}),
            torch::einsum("i,j->ij", {torch::arange(S).to(torch::kFloat), torch::arange(3).to(torch::kFloat)}),
            torch::einsum("bij->bji", {x}),
            torch::scaled_dot_product_attention(heads, others, others),
            torch::scaled_dot_product_attention(heads, others, heads, {}, 0.0, true),
            torch::scaled_dot_product_attention(heads, others, heads, torch::ones({S, S}, torch::kBool).tril()),
            torch::scaled_dot_product_attention(
                x.view({B, S, 4, 2}).transpose(1, 2), y.view({B, S, 4, 2}).transpose(1, 2).slice(1, 0, 2),
                x.view({B, S, 4, 2}).transpose(1, 2).slice(1, 0, 2), {}, 0.0, false, {}, true),
            conv(xt),
            strided(torch::cat({x.reshape({B * S, 8, 1}), y.reshape({B * S, 8, 1})}, 2).repeat({1, 1, 3})),
            dilated(xt),
            patches(x.unsqueeze(1)),
            layer_norm(x),
            torch::layer_norm(x, {8}),
            torch::rms_norm(x, {8}),
            group_norm(xt),
            batch_norm(xt),
            F::instance_norm(torch::cat({xt, yt}, 2))};
  }
  torch::nn::Linear linear, bare;
  torch::nn::Bilinear bilinear;
  torch::nn::Conv1d conv, strided, dilated;
  torch::nn::Conv2d patches;
  torch::nn::LayerNorm layer_norm;
  torch::nn::GroupNorm group_norm;
  torch::nn::BatchNorm1d batch_norm;
};
TORCH_MODULE(Products);
