// corpus: ViT: convolution as patch embedding, class token, pre-norm blocks in a Sequential of own blocks, select of the token.
// corpus: module = vit::VisionTransformer(16, 4, 48, 2, 3, 10)
// corpus: input = image:float32[B,3,16,16]
// corpus: sizes = B=1 B=5
#include <torch/torch.h>

namespace vit {
namespace nn = torch::nn;

struct PatchEmbedImpl : nn::Module {
  PatchEmbedImpl(int img_size, int patch, int dim)
      : num_patches((img_size / patch) * (img_size / patch)),
        proj(nn::Conv2dOptions(3, dim, patch).stride(patch)) {
    register_module("proj", proj);
  }
  torch::Tensor forward(torch::Tensor x) { return proj(x).flatten(2).transpose(1, 2); }
  int num_patches;
  nn::Conv2d proj;
};
TORCH_MODULE(PatchEmbed);

struct AttentionImpl : nn::Module {
  AttentionImpl(int dim, int num_heads)
      : num_heads(num_heads), scale(std::pow(dim / num_heads, -0.5)), qkv(nn::LinearOptions(dim, dim * 3).bias(true)), proj(dim, dim) {
    register_module("qkv", qkv);
    register_module("proj", proj);
  }
  torch::Tensor forward(torch::Tensor x) {
    auto B = x.size(0), N = x.size(1), C = x.size(2);
    auto t = qkv(x).reshape({B, N, 3, num_heads, C / num_heads}).permute({2, 0, 3, 1, 4});
    auto q = t[0], k = t[1], v = t[2];
    auto attn = (q.matmul(k.transpose(-2, -1))) * scale;
    attn = attn.softmax(-1);
    x = attn.matmul(v).transpose(1, 2).reshape({B, N, C});
    return proj(x);
  }
  int num_heads;
  double scale;
  nn::Linear qkv, proj;
};
TORCH_MODULE(Attention);

struct BlockImpl : nn::Module {
  BlockImpl(int dim, int heads)
      : norm1(nn::LayerNormOptions({dim}).eps(1e-6)), norm2(nn::LayerNormOptions({dim}).eps(1e-6)), attn(dim, heads),
        mlp(nn::Linear(dim, dim * 4), nn::GELU(), nn::Dropout(0.1), nn::Linear(dim * 4, dim)) {
    register_module("norm1", norm1);
    register_module("norm2", norm2);
    register_module("attn", attn);
    register_module("mlp", mlp);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = x + attn(norm1(x));
    x = x + mlp->forward(norm2(x));
    return x;
  }
  nn::LayerNorm norm1, norm2;
  Attention attn;
  nn::Sequential mlp;
};
TORCH_MODULE(Block);

struct VisionTransformerImpl : nn::Module {
  VisionTransformerImpl(int img, int patch, int dim, int depth, int heads, int classes)
      : patch_embed(img, patch, dim), norm(nn::LayerNormOptions({dim})), head(dim, classes) {
    register_module("patch_embed", patch_embed);
    cls_token = register_parameter("cls_token", torch::zeros({1, 1, dim}));
    pos_embed = register_parameter("pos_embed", torch::randn({1, patch_embed->num_patches + 1, dim}) * .02);
    for (int i = 0; i < depth; i++) blocks->push_back(Block(dim, heads));
    register_module("blocks", blocks);
    register_module("norm", norm);
    register_module("head", head);
  }
  torch::Tensor forward(torch::Tensor image) {
    auto x = patch_embed(image);
    auto cls = cls_token.expand({x.size(0), -1, -1});
    x = torch::cat({cls, x}, 1) + pos_embed;
    x = blocks->forward(x);
    x = norm(x);
    return head(x.select(1, 0));
  }
  PatchEmbed patch_embed;
  torch::Tensor cls_token, pos_embed;
  nn::Sequential blocks;
  nn::LayerNorm norm;
  nn::Linear head;
};
TORCH_MODULE(VisionTransformer);
}  // namespace vit
