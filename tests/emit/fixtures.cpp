#include "tests/emit/fixtures.h"

#include <algorithm>

#include "base/files.h"
#include "codegen/graph/text.h"

namespace octavo::emit::test {

const std::vector<Fixture>& fixtures() {
  static const std::vector<Fixture> all = {
      // The golden one: short enough to read.
      {"tiny", R"(graph tiny(B, S)
input %tokens: f32[B, S, 8]
weight %g: f32[8] = "norm.weight"
weight %b: f32[8] = "norm.bias"
weight %w: f32[16, 8] = "mlp.query.weight" ++ "mlp.key.weight"
weight %wb: f32[16] = "mlp.query.bias" ++ "mlp.key.bias"
require S <= 6 "position table" @ models/tiny.cpp:12
%1, %2, %3: f32[B, S, 8], u8[B, S, 8], f32[B, S] = layer_norm(%tokens, %g, %b, none) {eps = 1e-12, quantize = true} @ models/tiny.cpp:20:5
%4: f32[B, S, 16] = linear_s8(%2, %3, %w, %wb) {site = "mlp.query,mlp.key"} @ models/tiny.cpp:21
%5: f32[B, S, 8] = slice(%4) {dim = 2, start = 8, end = 16, step = 1} @ models/tiny.cpp:22
%6: f32[B, S, 8] = mul(%5) {scalar = 0.5} @ models/tiny.cpp:23
%7: f32[B, S, 8] = add(%6, %1) @ models/tiny.cpp:23
output "output" = %7
)"},
      // INT8 linears: widths that are no multiple of 4 or 16, a bias or none, an activation, a residual.
      {"mlp", R"(graph mlp(B, S)
input %x: f32[B, S, 22]
weight %g: f32[22] = "block.norm.weight"
weight %b: f32[22] = "block.norm.bias"
weight %w1: f32[37, 22] = "block.up.weight"
weight %b1: f32[37] = "block.up.bias"
weight %w2: f32[22, 37] = "block.down.weight"
%y, %q, %s: f32[B, S, 22], u8[B, S, 22], f32[B, S] = layer_norm(%x, %g, %b, none) {eps = 1e-5, quantize = true} @ mlp.cpp:1
%up: f32[B, S, 37] = linear_s8(%q, %s, %w1, %b1) {site = "block.up"} @ mlp.cpp:2
%act: f32[B, S, 37] = linear_s8(%q, %s, %w1, %b1) {site = "block.up", activation = "gelu_erf"} @ mlp.cpp:2
%q2, %s2: u8[B, S, 37], f32[B, S] = quantize_rows(%act) {} @ mlp.cpp:3
%down: f32[B, S, 22] = linear_s8(%q2, %s2, %w2, none) {site = "block.down"} @ mlp.cpp:3
%stream: f32[B, S, 22] = linear_s8(%q2, %s2, %w2, none, %y) {site = "block.down"} @ mlp.cpp:3
%sum: f32[B, S, 22] = layer_norm(%down, none, none, %y) {eps = 1e-5} @ mlp.cpp:4
%q3, %s3: u8[B, S, 22], f32[B, S] = quantize_rows(%sum) {static_scale = 0.03125} @ mlp.cpp:5
%f, %fs: u8[B, S, 37], f32[B, S] = linear_s8(%q, %s, %w1, %b1) {site = "block.up", activation = "gelu_erf", quantize = true, quantize_zero_point = 20} @ mlp.cpp:6
%c, %cs: u8[B, S, 37], f32[B, S] = linear_s8(%q, %s, %w1, %b1) {site = "block.up", activation = "gelu_erf", quantize = true, static_scale = 0.03125} @ mlp.cpp:7
%after: f32[B, S, 22] = linear_s8(%f, %fs, %w2, none) {site = "block.down", zero_point = 20} @ mlp.cpp:8
%d, %ds: u8[B, S, 22], f32[B, S] = linear_s8(%f, %fs, %w2, none) {site = "block.down", zero_point = 20, quantize = true, static_scale = 0.0625, quantize_zero_point = 128} @ mlp.cpp:9
output "norm" = %y
output "codes" = %q
output "scales" = %s
output "up" = %up
output "activated" = %act
output "down" = %down
output "stream" = %stream
output "sum" = %sum
output "static_codes" = %q3
output "fused_codes" = %f
output "fused_scales" = %fs
output "fused_static_codes" = %c
output "after" = %after
output "after_codes" = %d
output "after_scales" = %ds
)"},
      // Weights on an int8 grid, as a checkpoint of quantisation-aware training has them: kept, by rules and behind two
      // zero points. Tensors named grid.* are made so.
      {"kept", R"(graph kept(N)
input %x: f32[N, 60]
weight %w: f32[40, 60] = "grid.weight"
weight %b: f32[40] = "dense.bias"
weight %v: f32[24, 60] = "float.weight"
%q, %s: u8[N, 60], f32[N] = quantize_rows(%x) {} @ kept.cpp:1
%y: f32[N, 40] = linear_s8(%q, %s, %w, %b) {site = "grid"} @ kept.cpp:1
%p, %t: u8[N, 60], f32[N] = quantize_rows(%x) {zero_point = 20} @ kept.cpp:2
%z: f32[N, 40] = linear_s8(%p, %t, %w, %b) {site = "grid", zero_point = 20} @ kept.cpp:2
%f: f32[N, 24] = linear_s8(%q, %s, %v, none) {site = "float", weights = "exact"} @ kept.cpp:3
output "codes" = %q
output "scales" = %s
output "low_codes" = %p
output "low_scales" = %t
output "grid" = %y
output "low" = %z
output "float" = %f
)"},
      // Attention over slices of a merged product, with a padding mask made by arithmetic, and causal without one.
      {"attend", R"(graph attend(B, S)
input %x: f32[B, S, 10]
input %attention_mask: i64[B, S]
weight %w: f32[72, 10] = "self.query.weight" ++ "self.key.weight" ++ "self.value.weight"
weight %wb: f32[72] = "self.query.bias" ++ "self.key.bias" ++ "self.value.bias"
%qkv: f32[B, S, 72] = linear(%x, %w, %wb) {site = "self.query,self.key,self.value"} @ attend.cpp:1
%q: f32[B, S, 24] = slice(%qkv) {dim = 2, start = 0, end = 24, step = 1}
%k: f32[B, S, 24] = slice(%qkv) {dim = 2, start = 24, end = 48, step = 1}
%v: f32[B, S, 24] = slice(%qkv) {dim = -1, start = 48, end = 72, step = 1}
%m0: i64[B, 1, 1, S] = reshape(%attention_mask) {shape = [B, 1, 1, S]}
%m1: f32[B, 1, 1, S] = cast(%m0) {dtype = "f32"}
%m2: f32[B, 1, 1, S] = sub(%m1) {scalar = 1, reversed = true}
%m3: f32[B, 1, 1, S] = mul(%m2) {scalar = -10000.0}
%masked: f32[B, S, 24] = attention(%q, %k, %v, %m3) {heads = 3, scale = 0.35355338, causal = false} @ attend.cpp:2
%causal: f32[B, S, 24] = attention(%q, %k, %v, none) {heads = 3, scale = 0.35355338, causal = true} @ attend.cpp:3
%int8: f32[B, S, 24] = attention(%q, %k, %v, %m3) {heads = 3, scale = 0.35355338, causal = false, int8_scores = true, int8_context = true, v_scale = 0.09} @ attend.cpp:4
output "qkv" = %qkv
output "masked" = %masked
output "causal" = %causal
output "int8" = %int8
)"},
      // Loops over strided views: broadcasts, movement without copies and with, integers and booleans.
      {"generic", R"(graph generic(B, S)
input %a: f32[B, S, 6]
input %n: i64[B, S]
weight %row: f32[6] = "row"
weight %table: i64[1, 16] = "positions"
%t: f32[B, 6, S] = permute(%a) {dims = [0, 2, 1]}
%product: f32[B, S, S] = matmul(%a, %t)
%soft: f32[B, S, S] = softmax(%product) {dim = 1}
%flat: f32[B, S*6] = reshape(%t) {shape = [B, S*6]}
%added: f32[B, S, 6] = add(%a, %row)
%mean: f32[B, S, 1] = mean(%added) {dims = [2], keepdim = true}
%centred: f32[B, S, 6] = sub(%added, %mean)
%halves: f32[B, S, 2, 3] = reshape(%centred) {shape = [B, S, 2, 3]}
%half: f32[B, S, 3] = select(%halves) {dim = 2, index = -1}
%both: f32[B, S, 9] = cat(%centred, %half) {dim = 2}
%places: i64[1, S] = slice(%table) {dim = 1, start = 0, end = S, step = 1}
%spread: i64[B, S] = expand(%places) {shape = [B, S]}
%total: i64[B, S] = mul(%n, %spread)
%running: i64[B, S] = cumsum(%total) {dim = 1}
%steps: i64[S] = arange() {start = 3, step = 2}
%later: bool[B, S] = gt(%running, %steps)
%chosen: i64[B, S] = where(%later, %running) {scalar_b = -7}
%counts: i64[B] = sum(%chosen) {dims = [-1], keepdim = false}
%ones: f32[B, S, 6] = full() {value = 1.5}
%scaled: f32[B, S, 6] = mul(%ones, %a)
%act: f32[B, S, 6] = relu(%scaled)
%first: f32[B, 6] = select(%act) {dim = 1, index = 0}
output "soft" = %soft
output "flat" = %flat
output "both" = %both
output "later" = %later
output "chosen" = %chosen
output "counts" = %counts
output "first" = %first
)"},
      // Lookups: s8 and f32 tables, ids that broadcast, and a projection of one token's rows without a copy.
      {"embed", R"(graph embed(B, S)
input %input_ids: i64[B, S]
weight %words: f32[50, 12] = "embeddings.word.weight"
weight %types: f32[2, 12] = "embeddings.type.weight"
weight %positions: f32[16, 12] = "embeddings.position.weight"
weight %order: i64[1, 16] = "embeddings.position_ids"
weight %pw: f32[5, 12] = "pooler.weight"
weight %pb: f32[5] = "pooler.bias"
require S <= 16 "position table" @ embed.cpp:9
%zero: i64[] = full() {value = 0}
%place: i64[1, S] = slice(%order) {dim = 1, start = 0, end = S, step = 1}
%sum: f32[B, S, 12] = embedding_sum(%input_ids, %zero, %place, %words, %types, %positions) {terms = 3, sites = "embeddings.word,embeddings.type,embeddings.position", precision = "int8,fp32,int8"} @ embed.cpp:3
%first: f32[B, 12] = select(%sum) {dim = 1, index = 0}
%pooled: f32[B, 5] = linear(%first, %pw, %pb) {site = "pooler", activation = "relu"} @ embed.cpp:4
%plain: f32[B, S, 12] = embedding(%words, %input_ids) {site = "embeddings.word"} @ embed.cpp:5
output "sum" = %sum
output "pooled" = %pooled
output "plain" = %plain
)"},
      // One operator of each kind that the others leave out, scalars on either side, dtypes that must meet.
      {"scalars", R"(graph scalars(N)
input %x: f32[N, 4]
input %n: i64[N]
%half: f32[N, 4] = div(%x) {scalar = 2}
%turned: f32[N, 4] = sub(%half) {scalar = 1.5, reversed = true}
%square: f32[N, 4] = mul(%turned, %turned)
%root: f32[N, 4] = sqrt(%square)
%fake: f32[N, 4] = fake_quantize(%root) {}
%minus: i64[N] = neg(%n)
%least: i64[N] = minimum(%minus) {scalar = 2}
%even: bool[N] = eq(%least) {scalar = 2}
%large: bool[N] = ge(%n) {scalar = 0.5}
%either: bool[N] = logical_or(%even, %large)
%neither: bool[N] = logical_not(%either)
%count: i64[] = sum(%neither) {dims = [0], keepdim = false}
%column: f32[4, N] = permute(%x) {dims = [1, 0]}
%own: f32[4, N] = copy(%column) {}
output "root" = %root
output "fake" = %fake
output "least" = %least
output "neither" = %neither
output "count" = %count
output "own" = %own
output "turned" = %column
)"}};
  return all;
}

const Fixture& fixture(const std::string& name) {
  return *std::ranges::find_if(fixtures(), [&](const Fixture& each) { return each.name == name; });
}

uint32_t Numbers::next() {
  // The multiplier and increment of Knuth's MMIX generator; the high half is the good one.
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<uint32_t>(state_ >> 32);
}
float Numbers::uniform(float low, float high) {
  return low + (high - low) * (static_cast<float>(next() >> 8) * 0x1p-24F);
}
int64_t Numbers::below(int64_t limit) { return static_cast<int64_t>(next()) % limit; }

namespace {
// Rows of `width` int8, most of them small, times a scale of the row.
void to_grid(Numbers& numbers, std::vector<float>& values, int64_t width) {
  float scale = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (static_cast<int64_t>(i) % width == 0) scale = numbers.uniform(0.001F, 0.01F);
    const float cube = values[i] * values[i] * values[i];
    values[i] = scale * static_cast<float>(static_cast<int>(128 * cube));
  }
}
}  // namespace

base::Safetensors make_tensors(const graph::Graph& graph, const std::filesystem::path& folder) {
  Numbers numbers(7);
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<int64_t>> integers;
  std::vector<base::TensorToWrite> tensors;
  for (const graph::Weight& weight : graph.weights) {
    const graph::Type& type = graph.type(weight.value);
    std::vector<int64_t> shape;
    for (const graph::Dim& dim : type.shape) shape.push_back(*dim.constant());
    shape[0] /= static_cast<int64_t>(weight.tensors.size());
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    for (const std::string& name : weight.tensors) {
      if (type.dtype == graph::DType::i64) {
        auto& values = integers.emplace_back(static_cast<size_t>(count));
        for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
        tensors.push_back({name, {"I64", shape}, nullptr});
      } else {
        auto& values = floats.emplace_back(static_cast<size_t>(count));
        for (float& value : values) value = numbers.uniform(-1, 1);
        if (name.starts_with("grid.")) to_grid(numbers, values, shape.back());
        tensors.push_back({name, {"F32", shape}, nullptr});
      }
    }
  }
  size_t next_float = 0, next_integer = 0;
  for (base::TensorToWrite& tensor : tensors) {
    tensor.data = tensor.info.dtype == "I64" ? static_cast<const void*>(integers[next_integer++].data())
                                             : floats[next_float++].data();
  }
  base::make_directory(folder);
  const std::filesystem::path path = folder / (graph.name + ".tensors.safetensors");
  base::write_safetensors(path, tensors);
  return base::Safetensors::open(path);
}

Emitted emit_fixture(const Fixture& fixture, const std::filesystem::path& folder) {
  const graph::Graph graph = graph::parse(fixture.graph, fixture.name);
  const base::Safetensors tensors = make_tensors(graph, folder);
  return emit({.graph = graph, .tensors = tensors, .name = fixture.name, .source = "models/" + fixture.name + ".cpp"},
              folder);
}

}  // namespace octavo::emit::test
