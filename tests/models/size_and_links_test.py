"""What is shipped: the size of the weights, and no trace of LLVM or LibTorch in the archive and its consumer."""
import os
import re

import octavo

HEAVY = re.compile(r"\b(llvm|clang|c10|at|torch)::|lib(LLVM|clang|torch|c10)")
folder = octavo.directory("int8")


def single(pattern):
    path, = folder.glob(pattern)
    return path


ratio = single("*.weights").stat().st_size / (octavo.MODEL / "model.safetensors").stat().st_size
octavo.check(ratio <= 0.27, f"weights are {ratio:.4f} of the FP32 safetensors, at most 0.27")

archive = octavo.run("nm", "--demangle", single("lib*.a"))
octavo.check(not HEAVY.search(archive), "nm: the archive names nothing of LLVM or LibTorch")
for binary in [single("*.so"), *filter(None, [os.environ.get("OCTAVO_CONSUMER")])]:
    libraries = octavo.run("ldd", binary)
    symbols = octavo.run("nm", "--demangle", "--dynamic", binary)
    octavo.check(not HEAVY.search(libraries + symbols), f"ldd, nm: {os.path.basename(binary)} links neither")
octavo.finish()
