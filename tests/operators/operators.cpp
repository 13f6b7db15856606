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
            n.floor_divide(-3),
            n.remainder(5),
            n.remainder(-5),
            n.remainder(n * 0 + 4),
            torch::fmod(n, 4),
            x.floor_divide(0.75),
            x.floor_divide(y * 0 - 0.75),
            torch::div(x, y.abs() + 0.5, "floor"),
            torch::div(x, y.abs() + 0.5, "trunc"),
            torch::fmod(x, 0.75),
            x.fmod(y.abs() + 0.5),
            torch::remainder(x, -0.75),
            x.remainder(y.abs() + 0.5),
            torch::nan_to_num(x / (x * 0)),
            torch::logaddexp(x, y),
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
            F::softshrink(x),
            F::hardshrink(x),
            F::threshold(x, F::ThresholdFuncOptions(0.25, -1)),
            F::softmin(x, F::SoftminFuncOptions(-1)),
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
            (x * 0.5 + 1).prod(-1),
            n.prod(1, true),
            torch::count_nonzero(n, at::IntArrayRef({-1})),
            std::get<0>(torch::aminmax(x, -1)),
            std::get<1>(torch::aminmax(x, 1, true)),
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
            x.repeat_interleave(2),
            x.unfold(2, 4, 2),
            x.diff(1, -1),
            torch::slice_scatter(x, x.slice(2, 0, 3) * 2, 2, 4, 7),
            torch::slice_scatter(x, x.slice(2, 0, 4) * 2, 2, 0, 8, 2),
            torch::select_scatter(x, x.select(1, 0) * 2, 1, -1),
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
            torch::zeros_like(x).scatter(-1, column, 1.5),
            torch::zeros_like(x).scatter(2, column.slice(2, 0, 1), x.slice(2, 0, 1)),
            torch::zeros_like(n).scatter_add(-1, column, n),
            x.scatter_add(-1, column, x),
            x.index_add(2, torch::tensor({1, 1, -1 + 8}), x.slice(2, 0, 3), 2),
            x.index_fill(-1, torch::tensor({0, 5}), -1),
            x.index_copy(2, torch::tensor({4, 2}), x.slice(2, 0, 2)),
            x.clone().index_put_({Slice(), torch::zeros({1}, torch::kLong)}, x.select(0, 0).select(0, 0) * 3),
            x.clone().index_put_({torch::arange(B), last}, torch::tensor(2.5F)),
            x.clone().index_put_({n > 2}, torch::tensor(9.0F)),
            torch::bucketize(x, torch::tensor({-1.0F, 0.0F, 0.5F, 2.0F})),
            torch::bucketize(n, torch::tensor({-3, 0, 4}), false, true),
            F::embedding(column.select(-1, 0), x.reshape({-1, 8}).slice(0, 0, 1).expand({8, 8}).contiguous())};
  }
};
TORCH_MODULE(Indexing);

// x [B, S, 8], whose elements are made distinct: LibTorch leaves the order of equal ones open, except where it is stable.
struct SelectionImpl : torch::nn::Module {
  Outputs forward(const Tensor& x, const Tensor& n) {
    const Tensor distinct = x + torch::arange(8) * 0.001;
    const auto [values, places] = distinct.topk(2, -1);
    const auto [least, where_least] = torch::topk(distinct, 3, -1, false);
    const auto [up, order] = distinct.sort(-1);
    const auto [down, backwards] = torch::sort(n, true, 1, true);
    const auto [stable, stable_order] = torch::sort(n, true, -1, false);
    // The router of a mixture of experts: weights of the best two, spread over all.
    const Tensor gates = torch::zeros_like(x).scatter(-1, places, torch::softmax(values, -1));
    return {values,
            places,
            least,
            where_least,
            up,
            order,
            down,
            backwards,
            stable,
            stable_order,
            distinct.argsort(-1, true),
            gates,
            n.msort(),
            std::get<0>(torch::topk(n, 1, 2))};
  }
};
TORCH_MODULE(Selection);

// Sizes that are rounded down, times others; x [B, S, 8].
struct StridedImpl : torch::nn::Module {
  StridedImpl()
      : first(torch::nn::Conv1dOptions(8, 6, 3).padding(1)),
        second(torch::nn::Conv1dOptions(6, 4, 3).stride(2).padding(1)),
        patches(torch::nn::Conv2dOptions(1, 4, {1, 4}).stride({1, 4})),
        image(torch::nn::Conv2dOptions(2, 3, 3).stride(2).padding(1)) {
    register_module("first", first);
    register_module("second", second);
    register_module("patches", patches);
    register_module("image", image);
  }
  Outputs forward(const Tensor& x) {
    const int64_t B = x.size(0), S = x.size(1);
    const Tensor frames = F::gelu(second(F::gelu(first(x.transpose(1, 2))))).transpose(1, 2);  // as Whisper begins
    const int64_t T = frames.size(1);
    const Tensor flat = frames.reshape({B * T, 4});
    const Tensor even = x.slice(1, 0, S / 2 * 2).reshape({B, S / 2, 16});
    return {frames, flat, flat.view({B, T, 2, 2}).transpose(1, 2).contiguous().view({B * 2, T, 2}),
            torch::matmul(frames, frames.transpose(1, 2)), even, even.reshape({B * (S / 2), 16}),
            torch::arange(S / 2 + 1) + torch::zeros({B, 1}, torch::kLong),
            patches(x.unsqueeze(1)).flatten(2).transpose(1, 2), image(torch::stack({x, -x}, 1)),
            image(torch::stack({x, -x}, 1)).flatten(2),
            F::max_pool1d(x.transpose(1, 2), F::MaxPool1dFuncOptions(3).stride(1).padding(1)),
            F::max_pool2d(torch::stack({x, -x}, 1), F::MaxPool2dFuncOptions(3).stride({1, 2}).padding(1)),
            F::avg_pool1d(x.transpose(1, 2), F::AvgPool1dFuncOptions(3).stride(2).padding(1)),
            F::avg_pool2d(torch::stack({x, -x}, 1), F::AvgPool2dFuncOptions({1, 2})),
            F::adaptive_avg_pool1d(x.transpose(1, 2), F::AdaptiveAvgPool1dFuncOptions(1)),
            F::adaptive_avg_pool2d(x.unsqueeze(1), F::AdaptiveAvgPool2dFuncOptions({1, 4})),
            // A part that is empty at S = 1.
            torch::cat({x.slice(1, 1), x.slice(1, 0, 1)}, 1), x.slice(1, 1).sum(1)};
  }
  torch::nn::Conv1d first, second;
  torch::nn::Conv2d patches, image;
};
TORCH_MODULE(Strided);

// Three heads on one table, each tied in another spelling; ids from n [B, S, 8].
struct TiedImpl : torch::nn::Module {
  TiedImpl() : wte(24, 32), lm_head(torch::nn::LinearOptions(32, 24).bias(false)) {
    register_module("wte", wte);
    lm_head->weight = wte->weight;
  }
  Outputs forward(const Tensor& n) {
    const Tensor h = wte(n.remainder(24)).sum(2);
    return {torch::matmul(h, wte->weight.t()), F::linear(h, wte->weight), lm_head(h), wte(n.remainder(24))};
  }
  torch::nn::Embedding wte;
  torch::nn::Linear lm_head;
};
TORCH_MODULE(Tied);

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
            torch::addbmm(torch::ones({S, S}), x, yt, 0.5, 2),
            torch::addmm(linear->bias, x.select(0, 0), linear->weight.t()),
            torch::matmul(x, linear->weight.t()),
            x.matmul(mixing),
            torch::addmm(mixing.select(0, 0), x.select(0, 0), mixing),
            F::linear(x, bare->weight),
            F::linear(x, bare->weight * 2, bare->weight.select(1, 0)),
            torch::einsum("bsd,vd->bsv", {x, bare->weight}),
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
  Tensor mixing = register_parameter("mixing", torch::ones({8, 4}));
  torch::nn::Linear linear, bare;
  torch::nn::Bilinear bilinear;
  torch::nn::Conv1d conv, strided, dilated;
  torch::nn::Conv2d patches;
  torch::nn::LayerNorm layer_norm;
  torch::nn::GroupNorm group_norm;
  torch::nn::BatchNorm1d batch_norm;
};
TORCH_MODULE(Products);
