#pragma once

#include <cstdint>

namespace corpus
{
struct BertConfig
{
    int64_t vocab_size = 50;
    int64_t hidden_size = 32;
    int num_layers = 2;
    int num_heads = 4;
    int64_t intermediate_size = 64;
    int64_t max_positions = 64;
    double layer_norm_eps = 1e-12;
    double dropout = 0.1;
};
}  // namespace corpus
