"""The models of the task: all-MiniLM-L6-v2 with its own weights, BERT-base and DistilBERT in their published sizes
with random ones.

The random weights imitate what matters to a quantiser, as measured over MiniLM's blocks: rows whose deviation varies
by 13 to 27 % around 0.045 to 0.08, and within a row an excess kurtosis of 0.2 to 0.4 (4.4 in the FFN's second matrix).
Rows here have log-normal deviations (15 %) around 0.045 and Student's t with 8 degrees of freedom (kurtosis 1.5), the
FFN's second matrix with 5 (kurtosis 6): somewhat heavier than the real ones, so that INT8 has no easier time.
"""
import dataclasses
import json
import pathlib
import shutil

import numpy
import safetensors.numpy

from bench.encoder.checkpoint import names_of, sizes_of

VOCABULARY, POSITIONS = 30522, 512
SEED = 4


@dataclasses.dataclass
class Model:
    title: str
    source: str
    module: str
    config: dict = None  # None: a real checkpoint
    inputs: tuple = ("input_ids:int64[B,S]", "attention_mask:int64[B,S]")


BERT_BASE = {
    "model_type": "bert", "architectures": ["BertModel"], "vocab_size": VOCABULARY, "hidden_size": 768,
    "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
    "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0,
    "position_embedding_type": "absolute",  # CTranslate2 asks for it
}
DISTILBERT = {
    "model_type": "distilbert", "architectures": ["DistilBertModel"], "vocab_size": VOCABULARY, "dim": 768,
    "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "activation": "gelu", "max_position_embeddings": POSITIONS,
    "sinusoidal_pos_embds": False, "pad_token_id": 0,
}
MODELS = {
    "bert-base": Model("BERT-base", "models/bert.cpp", "BertModel(BertConfig{})", BERT_BASE),
    "distilbert": Model("DistilBERT", "models/distilbert.cpp", "DistilBertModel(DistilBertConfig{})", DISTILBERT),
    "minilm-l6": Model("MiniLM-L6", "models/bert.cpp", "BertModel(minilm_l6())"),
}


class Random:
    def __init__(self):
        self.generator, self.tensors = numpy.random.default_rng(SEED), {}

    def linear(self, name, rows, columns, freedom=8):
        t = self.generator.standard_t(freedom, (rows, columns)) / numpy.sqrt(freedom / (freedom - 2))
        deviation = 0.045 * numpy.exp(self.generator.normal(0, 0.15, (rows, 1)))
        self.put(f"{name}.weight", t * deviation)
        self.put(f"{name}.bias", self.generator.normal(0, 0.05, rows))

    def norm(self, name, size):
        self.put(f"{name}.weight", self.generator.normal(0.8, 0.1, size))
        self.put(f"{name}.bias", 0.05 * self.generator.standard_t(5, size))

    def table(self, name, rows, size):
        self.put(f"{name}.weight", self.generator.normal(0, 0.05, (rows, size)))

    def put(self, name, values):
        self.tensors[name] = values.astype(numpy.float32)


# The published models' vocabulary is MiniLM's too; CTranslate2 wants to see one.
TOKENIZER = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def write_random(config, folder, minilm):
    names, (layers, hidden, inner) = names_of(config), sizes_of(config)
    random = Random()
    random.table("embeddings.word_embeddings", VOCABULARY, hidden)
    random.table("embeddings.position_embeddings", POSITIONS, hidden)
    if config["model_type"] == "bert":
        random.table("embeddings.token_type_embeddings", config["type_vocab_size"], hidden)
        random.linear("pooler.dense", hidden, hidden)
    random.norm("embeddings.LayerNorm", hidden)
    for i in range(layers):
        stem = {part: names["block"].format(i) + name for part, name in names.items()}
        for part in ("query", "key", "value", "project"):
            random.linear(stem[part], hidden, hidden)
        random.linear(stem["up"], inner, hidden)
        random.linear(stem["down"], hidden, inner, freedom=5)
        for part in ("norm_attention", "norm_ffn"):
            random.norm(stem[part], hidden)
    folder.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(random.tensors, folder / "model.safetensors", {"format": "pt"})
    for name in TOKENIZER:
        shutil.copy(pathlib.Path(minilm) / name, folder)
    (folder / "config.json").write_text(json.dumps(config, indent=1))


def checkpoint(key, cache, minilm):
    """The folder with config.json and model.safetensors, made if it is not there."""
    if MODELS[key].config is None:
        return pathlib.Path(minilm)
    folder = pathlib.Path(cache) / key / "checkpoint"
    if not (folder / "config.json").exists():
        write_random(MODELS[key].config, folder, minilm)
    return folder
