"""An encoder's checkpoint by the parts of a block, whatever the family calls them: BERT and DistilBERT."""
import dataclasses
import json
import pathlib

import numpy
import safetensors.numpy

# What a block consists of -> its parameters' stem in the checkpoint.
BERT = {
    "block": "encoder.layer.{}.",
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "project": "attention.output.dense", "norm_attention": "attention.output.LayerNorm",
    "up": "intermediate.dense", "down": "output.dense", "norm_ffn": "output.LayerNorm",
}
DISTILBERT = {
    "block": "transformer.layer.{}.",
    "query": "attention.q_lin", "key": "attention.k_lin", "value": "attention.v_lin",
    "project": "attention.out_lin", "norm_attention": "sa_layer_norm",
    "up": "ffn.lin1", "down": "ffn.lin2", "norm_ffn": "output_layer_norm",
}


def names_of(config):
    return {"bert": BERT, "distilbert": DISTILBERT}[config["model_type"]]


def sizes_of(config):
    """Layers, hidden, inner."""
    if config["model_type"] == "distilbert":
        return config["n_layers"], config["dim"], config["hidden_dim"]
    return config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"]


@dataclasses.dataclass
class Checkpoint:
    layers: int
    heads: int
    hidden: int
    epsilon: float
    names: dict
    tensors: dict

    @classmethod
    def read(cls, folder):
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        layers, hidden, _ = sizes_of(config)
        heads = config["n_heads"] if config["model_type"] == "distilbert" else config["num_attention_heads"]
        return cls(layers, heads, hidden, config.get("layer_norm_eps", 1e-12), names_of(config),
                   safetensors.numpy.load_file(pathlib.Path(folder) / "model.safetensors"))

    def part(self, layer, name):
        """(weight, bias) of a linear, its weight [out, in], or of a LayerNorm."""
        stem = self.names["block"].format(layer) + self.names[name]
        return self.tensors[stem + ".weight"], self.tensors[stem + ".bias"]

    def qkv(self, layer):
        """Query, key and value as one linear [3 * hidden, in]."""
        weights, biases = zip(*(self.part(layer, name) for name in ("query", "key", "value")))
        return numpy.concatenate(weights), numpy.concatenate(biases)

    def embeddings(self):
        """Words, positions (with the first token type's vector, where there are types), gamma, beta."""
        t = self.tensors
        positions = t["embeddings.position_embeddings.weight"]
        if "embeddings.token_type_embeddings.weight" in t:
            positions = positions + t["embeddings.token_type_embeddings.weight"][:1]
        return (t["embeddings.word_embeddings.weight"], positions, t["embeddings.LayerNorm.weight"],
                t["embeddings.LayerNorm.bias"])
