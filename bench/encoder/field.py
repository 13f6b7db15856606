"""Who takes part: how each competitor is made from a checkpoint, started, and what it ships."""
import dataclasses
import hashlib
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys

from bench.encoder.models import MODELS

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Place:
    """Where things are."""
    octavo: pathlib.Path    # the executable
    binaries: pathlib.Path  # the C++ competitors
    cache: pathlib.Path     # what the competitors are made into, and the results


class Missing(Exception):
    """A competitor that cannot take part, with the reason."""


@dataclasses.dataclass
class Python:
    """A module bench/encoder/<module>.py over a package of PyPI."""
    title: str
    module: str
    precision: str
    files: tuple
    package: str

    def version(self, place):
        try:
            return f"{self.package} {importlib.metadata.version(self.package)}"
        except importlib.metadata.PackageNotFoundError as error:
            raise Missing(f"the package {self.package} is not installed") from error

    def make(self, key, checkpoint, place):
        """Both precisions at once; again only when the version or the way of making changed."""
        folder = place.cache / key / self.module
        sources = b"".join(p.read_bytes() for p in sorted((ROOT / "bench" / "encoder").glob(f"{self.module}*.py")))
        version = f"{self.version(place)} {hashlib.sha256(sources).hexdigest()}"
        stamp = folder / "version.txt"
        if not stamp.exists() or stamp.read_text() != version:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            run(sys.executable, "-m", f"bench.encoder.{self.module}", "make", checkpoint, folder)
            stamp.write_text(version)

    def command(self, key, checkpoint, place, threads):
        artefact = place.cache / key / self.module / self.files[0]
        return [sys.executable, "-m", f"bench.encoder.{self.module}", self.precision, artefact, threads]

    def shipped(self, key, checkpoint, place):
        return [place.cache / key / self.module / name for name in self.files]


@dataclasses.dataclass
class Octavo:
    title: str
    precision: str

    def version(self, place):
        return subprocess.run([place.octavo, "--version"], check=True, capture_output=True, text=True).stdout.strip()

    def folder(self, key, place):
        return place.cache / key / f"octavo-{self.precision}"

    def make(self, key, checkpoint, place):
        model = MODELS[key]
        inputs = [word for text in model.inputs for word in ("--input", text)]
        run(place.octavo, "build", ROOT / model.source, "--module", model.module, *inputs, "--quiet", "--weights",
            checkpoint / "model.safetensors", "--precision", self.precision, "-o", self.folder(key, place))

    def command(self, key, checkpoint, place, threads):
        return [place.binaries / "bench_encoder_octavo", self.folder(key, place), threads]

    def shipped(self, key, checkpoint, place):
        return [path for path in self.folder(key, place).iterdir() if path.suffix in (".so", ".weights")]


@dataclasses.dataclass
class LibTorch:
    """The source that Octavo compiles, as it was written."""
    title: str

    def version(self, place):
        return f"LibTorch {importlib.metadata.version('torch')}"

    def make(self, key, checkpoint, place):
        pass

    def command(self, key, checkpoint, place, threads):
        return [place.binaries / "bench_encoder_libtorch", key, checkpoint / "model.safetensors", threads]

    def shipped(self, key, checkpoint, place):
        return [checkpoint / "model.safetensors"]


# Every answer is compared with the first one's, which therefore always takes part.
FIELD = {
    "pytorch-fp32": Python("PyTorch FP32", "pytorch", "fp32", ("fp32.pt",), "torch"),
    "pytorch-int8": Python("PyTorch dynamic INT8", "pytorch", "int8", ("int8.pt",), "torch"),
    "libtorch-fp32": LibTorch("LibTorch FP32, the source itself"),
    "ort-fp32": Python("ONNX Runtime FP32", "ort", "fp32", ("fp32.onnx",), "onnxruntime"),
    "ort-int8": Python("ONNX Runtime dynamic INT8", "ort", "int8", ("int8.onnx",), "onnxruntime"),
    "openvino-fp32": Python("OpenVINO FP32", "openvino_cpu", "fp32", ("fp32.xml", "fp32.bin"), "openvino"),
    "openvino-int8": Python("OpenVINO NNCF INT8", "openvino_cpu", "int8", ("int8.xml", "int8.bin"), "openvino"),
    "ctranslate2-int8": Python("CTranslate2 INT8", "ct2", "int8", ("int8",), "ctranslate2"),
    "octavo-fp32": Octavo("Octavo FP32", "fp32"),
    "octavo-int8": Octavo("Octavo INT8", "int8"),
}


def run(*command):
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT, stdout=sys.stderr)
