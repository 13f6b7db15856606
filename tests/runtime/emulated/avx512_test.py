"""The AVX-512 kernels under Bochs (the wheel bochscpu-python), against the scalar ones: avx512_test.py PROGRAM DEFINITION

PROGRAM is an ELF file without a C library (avx512_program.cpp); DEFINITION prints what its array program_output must hold.
Bochs executes AVX-512 F, BW, DQ and VL. Its CPU has no VNNI: vpdpbusd stops it, and is done here on its registers, with
the operands as objdump decodes them. Exits with 77 where the wheel is missing.
"""
import ctypes
import os
import re
import struct
import subprocess
import sys

try:
    import bochscpu
    import bochscpu.cpu
    import bochscpu.memory as memory
except ImportError as error:
    print(f"skipped: {error}; pip install bochscpu-python==0.4.0")
    sys.exit(77)

PAGE, STACK, TABLES = 4096, 0x3000_0000, 0x3800_0000
ILLEGAL_INSTRUCTION = 6


class Machine:
    """One CPU in long mode whose virtual addresses, up to 1 GB, are its physical ones."""

    def __init__(self, elf: str):
        self.pages = {}
        self.load(open(elf, "rb").read())
        self.map(STACK - 64 * PAGE, 64 * PAGE)
        for level in range(2):
            self.write(TABLES + level * PAGE, struct.pack("<Q", TABLES + (level + 1) * PAGE | 7))
        self.write(TABLES + 2 * PAGE, struct.pack("<512Q", *(i << 21 | 0x87 for i in range(512))))  # pages of 2 MB
        self.session = bochscpu.Session()
        self.session.missing_page_handler = self.missing_page
        self.hook = bochscpu.Hook()
        self.hook.exception = self.on_exception
        self.hook.hlt = lambda session, cpu: session.stop()
        self.vector = None

    def load(self, elf: bytes) -> None:
        self.entry, segments = struct.unpack_from("<QQ", elf, 24)
        count, = struct.unpack_from("<H", elf, 56)
        for i in range(count):
            kind, _, offset, address, _, in_file, size, _ = struct.unpack_from("<IIQQQQQQ", elf, segments + 56 * i)
            if kind == 1 and size > 0:
                self.map(address, size)
                self.write(address, elf[offset:offset + in_file])

    def map(self, address: int, size: int) -> None:
        for page in range(address // PAGE, (address + size - 1) // PAGE + 1):
            if page not in self.pages:
                self.pages[page] = memory.allocate_host_page()
                memory.page_insert(page * PAGE, self.pages[page])

    def write(self, address: int, data: bytes) -> None:
        self.map(address, max(len(data), 1))
        for at in range(len(data)):
            ctypes.c_ubyte.from_address(self.pages[(address + at) // PAGE] + (address + at) % PAGE).value = data[at]

    def read(self, address: int, size: int) -> bytes:
        return b"".join(ctypes.string_at(self.pages[(address + i) // PAGE] + (address + i) % PAGE, 1) for i in range(size))

    def missing_page(self, address: int):
        raise RuntimeError(f"no memory at {address:#x}")

    def on_exception(self, session, cpu, vector, error) -> None:
        self.vector = vector
        session.stop()

    def start(self) -> "bochscpu.State":
        state = bochscpu.State()
        bochscpu.cpu.set_long_mode(state)
        state.cr3, state.rip, state.rsp, state.rflags = TABLES, self.entry, STACK - 64, 2
        state.cr4 |= 1 << 9 | 1 << 10 | 1 << 18  # OSFXSR, OSXMMEXCPT, OSXSAVE
        state.xcr0, state.mxcsr, state.mxcsr_mask = 0xe7, 0x1f80, 0xffff
        for name, attributes, selector in [("cs", 0xa09b, 8)] + [(s, 0xc093, 16) for s in ("ss", "ds", "es", "fs", "gs")]:
            segment = bochscpu.Segment()
            segment.present, segment.selector, segment.base, segment.limit, segment.attr = True, selector, 0, 0xfffff, attributes
            setattr(state, name, segment)
        return state

    def run(self, state) -> "bochscpu.State":
        """Until hlt (vector is None) or an exception."""
        self.vector = None
        self.session.cpu.state = state
        self.session.run([self.hook])
        return self.session.cpu.state


def multiplies(elf: str) -> dict[int, list[str]]:
    """Operands of each vpdpbusd, AT&T order, by the address behind it: where Bochs stops."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], check=True, capture_output=True, text=True).stdout
    code = re.findall(r"^\s*([0-9a-f]+):\t(\S+)\s*([^#<\n]*)", text, re.M)
    return {int(after[0], 16): re.split(r",(?![^(]*\))", this[2].strip())
            for this, after in zip(code, code[1:]) if this[1] == "vpdpbusd"}


def operand(machine: Machine, state, text: str) -> bytes:
    register = re.fullmatch(r"%zmm(\d+)", text)
    if register:
        return struct.pack("<8Q", *state.zmm[int(register[1])].q)
    displacement, base, index, scale = re.fullmatch(r"(-?0x[0-9a-f]+)?\(%(\w+)(?:,%(\w+),(\d))?\)", text).groups()
    address = getattr(state, base) + int(displacement or "0", 16)
    if index:
        address += getattr(state, index) * int(scale)
    return machine.read(address & (1 << 64) - 1, 64)


def multiply(machine: Machine, state, operands: list[str]) -> None:
    weights = struct.unpack("<64b", operand(machine, state, operands[0]))
    activations = operand(machine, state, operands[1])
    sums = list(struct.unpack("<16i", operand(machine, state, operands[2])))
    for i in range(64):
        sums[i // 4] += activations[i] * weights[i]
    registers = state.zmm
    registers[int(operands[2][4:])].q = list(struct.unpack("<8Q", struct.pack("<16i", *sums)))
    state.zmm = registers


def main() -> int:
    program, definition = sys.argv[1:3]
    expected = subprocess.run([definition], check=True, capture_output=True).stdout
    by_address, done = multiplies(program), 0
    machine = Machine(program)
    state = machine.run(machine.start())
    while machine.vector == ILLEGAL_INSTRUCTION and state.rip in by_address:
        multiply(machine, state, by_address[state.rip])
        done += 1
        state = machine.run(state)
    if machine.vector is not None:
        print(f"stopped by exception {machine.vector} at {state.rip:#x}")
        return 1
    names = subprocess.run(["nm", program], check=True, capture_output=True, text=True).stdout
    address = int(re.search(r"([0-9a-f]+) \w program_output$", names, re.M)[1], 16)
    got = machine.read(address, len(expected))
    pairs = list(zip(*(struct.unpack(f"<{len(expected) // 4}I", data) for data in (got, expected))))
    nan = lambda bits: bits & 0x7fffffff > 0x7f800000
    wrong = [i for i, (a, b) in enumerate(pairs) if a != b and not (nan(a) and nan(b))]
    written = sum(b != 0 for _, b in pairs)
    print(f"{written} values, {done} vpdpbusd, {len(wrong)} differ" + "".join(
        f"\n  value {i}: {pairs[i][0]:#010x}, the definition has {pairs[i][1]:#010x}" for i in wrong[:10]))
    return 1 if wrong or done == 0 or written < 2500 else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the wheel does not survive the end of the interpreter
