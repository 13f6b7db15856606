// corpus: torch::nn::TransformerEncoder with a padding mask and torch::nn::TransformerDecoder with a causal one.
// corpus: module = Translate()
// corpus: input = source:float32[B,S,32]
// corpus: input = target:float32[B,T,32]
// corpus: input = mask:int64[B,S]
// corpus: sizes = B=2,S=12,T=7 B=1,S=3,T=2
#include <torch/torch.h>
using namespace torch;

struct TranslateImpl : nn::Module {
  TranslateImpl()
      : encoder(nn::TransformerEncoder(
            nn::TransformerEncoderOptions(nn::TransformerEncoderLayerOptions(32, 4).dim_feedforward(64).activation(kGELU), 2))),
        decoder(nn::TransformerDecoder(nn::TransformerDecoderOptions(nn::TransformerDecoderLayerOptions(32, 4).dim_feedforward(64), 1))),
        head(32, 9) {
    register_module("encoder", encoder);
    register_module("decoder", decoder);
    register_module("head", head);
  }
  Tensor forward(Tensor source, Tensor target, Tensor mask) {
    auto memory = encoder(source.transpose(0, 1), Tensor(), mask.eq(0));
    auto causal = torch::full({target.size(1), target.size(1)}, -std::numeric_limits<float>::infinity()).triu(1);
    auto y = decoder(target.transpose(0, 1), memory, causal, Tensor(), Tensor(), mask.eq(0));
    return head(y.transpose(0, 1));
  }
  nn::TransformerEncoder encoder;
  nn::TransformerDecoder decoder;
  nn::Linear head;
};
TORCH_MODULE(Translate);
