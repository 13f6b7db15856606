"""PyTorch with Transformers: FP32, and its dynamic INT8 (linears in INT8, one scale per tensor of activations)."""
import pathlib

import torch
import transformers
# Reading a model would import these, which is no part of loading it.
import transformers.models.bert.modeling_bert
import transformers.models.distilbert.modeling_distilbert

from bench.encoder import task


def make(checkpoint, folder):
    options = {"add_pooling_layer": False} if has_pooler(checkpoint) else {}
    model = transformers.AutoModel.from_pretrained(checkpoint, **options)
    torch.save(model.eval(), pathlib.Path(folder) / "fp32.pt")
    quantised = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    torch.save(quantised, pathlib.Path(folder) / "int8.pt")


def has_pooler(checkpoint):
    return transformers.AutoConfig.from_pretrained(checkpoint).model_type == "bert"


class PyTorch:
    def __init__(self, artefact, threads):
        torch.set_num_threads(threads)
        self.model = torch.load(artefact, weights_only=False, mmap=True)

    def prepare(self, ids, mask):
        self.inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    @torch.inference_mode()
    def run(self):
        self.hidden = self.model(**self.inputs).last_hidden_state

    def output(self):
        return self.hidden.contiguous().numpy()


if __name__ == "__main__":
    task.main(make, fp32=PyTorch, int8=PyTorch)
