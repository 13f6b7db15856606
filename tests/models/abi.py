"""A compiled model through its C ABI (runtime/octavo_model.h, version 1), for Python's ctypes."""
import ctypes as c

import numpy

F32, I64 = 0, 1
NUMPY = {F32: numpy.float32, I64: numpy.int64}
P = c.c_void_p
Status = c.c_int


class Tensor(c.Structure):
    _fields_ = [("dtype", c.c_int32), ("rank", c.c_int32), ("shape", c.c_int64 * 8), ("data", P), ("bytes", c.c_size_t)]


class Options(c.Structure):
    _fields_ = [("threads", c.c_int32), ("isa", c.c_char_p)]


class Api(c.Structure):
    _fields_ = [
        ("version", c.c_uint32), ("struct_bytes", c.c_uint32), ("program", P), ("description", P), ("isa_name", c.CFUNCTYPE(c.c_char_p, c.c_size_t, c.POINTER(c.c_int32))),
        ("load", c.CFUNCTYPE(Status, P, c.c_char_p, c.POINTER(Options), c.POINTER(P))),
        ("unload", c.CFUNCTYPE(None, P)),
        ("model_isa", c.CFUNCTYPE(c.c_char_p, P)),
        ("model_threads", c.CFUNCTYPE(c.c_int32, P)),
        ("model_load_ms", c.CFUNCTYPE(c.c_double, P)),
        ("model_weights_bytes", c.CFUNCTYPE(c.c_uint64, P)),
        ("create_session", c.CFUNCTYPE(Status, P, c.POINTER(P))),
        ("destroy_session", c.CFUNCTYPE(None, P)),
        ("output_shapes", c.CFUNCTYPE(Status, P, c.POINTER(Tensor), c.c_size_t, c.POINTER(Tensor), c.c_size_t)),
        ("run", c.CFUNCTYPE(Status, P, c.POINTER(Tensor), c.c_size_t, c.POINTER(Tensor), c.c_size_t)),
        ("set_observer", P), ("session_arena_bytes", P),
        ("last_error", c.CFUNCTYPE(c.c_char_p)),
    ]


def tensor(array):
    code = {numpy.dtype(numpy.float32): F32, numpy.dtype(numpy.int64): I64}[array.dtype]
    return Tensor(code, array.ndim, (c.c_int64 * 8)(*array.shape), array.ctypes.data, array.nbytes)


class Model:
    """Model(folder, threads=2, isa="avx2")(input_ids, attention_mask) -> the first output"""

    def __init__(self, folder, threads=0, isa=None):
        shared_object, = folder.glob("*.so")
        weights, = folder.glob("*.weights")
        self.library = c.CDLL(str(shared_object))
        self.library.octavo_get_api.restype = c.POINTER(Api)
        self.api = self.library.octavo_get_api().contents
        assert self.api.version >= 1
        self.model, self.session = P(), P()
        options = Options(threads, isa.encode() if isa else None)
        self.check(self.api.load(c.addressof(self.api), str(weights).encode(), c.byref(options), c.byref(self.model)))
        self.check(self.api.create_session(self.model, c.byref(self.session)))
        self.isa = self.api.model_isa(self.model).decode()

    def check(self, status):
        if status != 0:
            raise RuntimeError(f"status {status}: {self.api.last_error().decode()}")

    def __call__(self, *arrays):
        arrays = [numpy.ascontiguousarray(a) for a in arrays]
        inputs = (Tensor * len(arrays))(*(tensor(a) for a in arrays))
        output = (Tensor * 1)()
        self.check(self.api.output_shapes(self.session, inputs, len(arrays), output, 1))
        result = numpy.empty(output[0].shape[:output[0].rank], NUMPY[output[0].dtype])
        output[0].data, output[0].bytes = result.ctypes.data, result.nbytes
        self.check(self.api.run(self.session, inputs, len(arrays), output, 1))
        return result

    def instruction_sets(self):
        """Those that this CPU runs."""
        supported, names = c.c_int32(), []
        while (name := self.api.isa_name(len(names), c.byref(supported))) is not None:
            names.append(name.decode() if supported.value else None)
        return [name for name in names if name]

    def close(self):
        self.api.destroy_session(self.session)
        self.api.unload(self.model)
