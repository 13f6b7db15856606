"""ONNX Runtime: FP32, and dynamic INT8 per channel (full-range weights, which its AVX2 kernels may saturate)."""
import pathlib

import onnxruntime

from bench.encoder import task
from bench.encoder.checkpoint import Checkpoint


def make(checkpoint, folder):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from bench.encoder.ort_graph import encoder

    fp32, int8 = pathlib.Path(folder) / "fp32.onnx", pathlib.Path(folder) / "int8.onnx"
    onnx.save(encoder(Checkpoint.read(checkpoint)), fp32)
    quantize_dynamic(fp32, int8, per_channel=True, weight_type=QuantType.QInt8,
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})


class Ort:
    def __init__(self, artefact, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(artefact, options, providers=["CPUExecutionProvider"])

    def prepare(self, ids, mask):
        self.inputs = {"input_ids": ids, "attention_mask": mask}

    def run(self):
        self.hidden = self.session.run(None, self.inputs)[0]

    def output(self):
        return self.hidden


if __name__ == "__main__":
    task.main(make, fp32=Ort, int8=Ort)
