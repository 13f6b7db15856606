"""OpenVINO on the CPU: FP32, and INT8 by NNCF's post-training quantisation for transformers."""
import pathlib

import numpy
import openvino

from bench.encoder import task

CALIBRATION_SAMPLES, CALIBRATION_TOKENS = 32, 64


def make(checkpoint, folder):
    import nncf
    import torch

    example = {name: torch.from_numpy(values) for name, values in sample(0).items()}
    inputs = [(name, [-1, -1], openvino.Type.i64) for name in example]
    fp32 = openvino.convert_model(encoder(checkpoint), example_input=example, input=inputs)
    openvino.save_model(fp32, pathlib.Path(folder) / "fp32.xml", compress_to_fp16=False)
    int8 = nncf.quantize(fp32, nncf.Dataset([sample(i) for i in range(CALIBRATION_SAMPLES)]),
                         model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_SAMPLES)
    openvino.save_model(int8, pathlib.Path(folder) / "int8.xml", compress_to_fp16=False)


def sample(seed):
    ids = numpy.random.default_rng(seed).integers(1000, 30000, (1, CALIBRATION_TOKENS))
    return {"input_ids": ids, "attention_mask": numpy.ones_like(ids)}


def encoder(checkpoint):
    import torch
    import transformers

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = transformers.AutoModel.from_pretrained(checkpoint, attn_implementation="sdpa").eval()

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    return Encoder()


class OpenVino:
    def __init__(self, artefact, threads):
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        self.request = openvino.Core().compile_model(artefact, "CPU", settings).create_infer_request()

    def prepare(self, ids, mask):
        self.inputs = {"input_ids": ids, "attention_mask": mask}

    def run(self):
        self.hidden = self.request.infer(self.inputs, share_inputs=True)[0]

    def output(self):
        return self.hidden


if __name__ == "__main__":
    task.main(make, fp32=OpenVino, int8=OpenVino)
