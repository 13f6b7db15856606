"""CTranslate2, INT8: linears with one scale a token, embeddings too."""
import pathlib

import ctranslate2
import numpy

from bench.encoder import task


def make(checkpoint, folder):
    converter = ctranslate2.converters.TransformersConverter(str(checkpoint))
    converter.convert(str(pathlib.Path(folder) / "int8"), quantization="int8")


class CTranslate2:
    def __init__(self, artefact, threads):
        self.encoder = ctranslate2.Encoder(artefact, device="cpu", compute_type="int8", inter_threads=1,
                                           intra_threads=threads)

    def prepare(self, ids, mask):
        if not mask.all():
            raise ValueError("no padding in this task")
        self.ids = ids.tolist()

    def run(self):
        self.hidden = self.encoder.forward_batch(self.ids).last_hidden_state

    def output(self):
        return numpy.asarray(self.hidden)


if __name__ == "__main__":
    task.main(make, int8=CTranslate2)
