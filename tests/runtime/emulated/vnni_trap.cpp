#include "tests/runtime/emulated/vnni_trap.h"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstring>

namespace octavo::testing {
namespace {

std::atomic<int64_t> trapped{0};

// The registers of the interrupted thread. The upper halves of the ymm registers lie behind the 512 bytes of fxsave and the
// 64 of the xsave header; a clear bit 2 of the header's first word says that all of them are zero.
class Registers {
 public:
  explicit Registers(ucontext_t* context)
      : general_(context->uc_mcontext.gregs), fx_(reinterpret_cast<uint8_t*>(context->uc_mcontext.fpregs)) {
    uint64_t state = 0;
    std::memcpy(&state, fx_ + 512, 8);
    if ((state & 4) == 0) std::memset(fx_ + 576, 0, 256);
    state |= 6;
    std::memcpy(fx_ + 512, &state, 8);
  }
  void load(int ymm, uint8_t (&out)[32]) const {
    std::memcpy(out, fx_ + 160 + 16 * ymm, 16);
    std::memcpy(out + 16, fx_ + 576 + 16 * ymm, 16);
  }
  void store(int ymm, const uint8_t (&in)[32]) {
    std::memcpy(fx_ + 160 + 16 * ymm, in, 16);
    std::memcpy(fx_ + 576 + 16 * ymm, in + 16, 16);
  }
  int64_t general(int encoded) const {
    static constexpr int kOrder[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                       REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return general_[kOrder[encoded]];
  }
  int64_t& rip() { return reinterpret_cast<int64_t&>(general_[REG_RIP]); }

 private:
  greg_t* general_;
  uint8_t* fx_;
};

template <typename T>
T take(const uint8_t*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

// ModRM, SIB and displacement with a memory operand; `at` stands behind ModRM and is moved behind the operand.
const uint8_t* address(const Registers& registers, uint8_t modrm, int x, int b, const uint8_t*& at) {
  const int mod = modrm >> 6, rm = modrm & 7;
  int64_t sum = 0;
  if (rm == 4) {
    const auto sib = take<uint8_t>(at);
    const int index = (sib >> 3 & 7) | x << 3, base = sib & 7;
    if (index != 4) sum += registers.general(index) << (sib >> 6);
    sum += base == 5 && mod == 0 ? take<int32_t>(at) : registers.general(base | b << 3);
  } else if (rm == 5 && mod == 0) {
    const auto displacement = take<int32_t>(at);
    return at + displacement;  // relative to the next instruction
  } else {
    sum += registers.general(rm | b << 3);
  }
  if (mod == 1) sum += take<int8_t>(at);
  if (mod == 2) sum += take<int32_t>(at);
  return reinterpret_cast<const uint8_t*>(sum);
}

// VEX.256.66.0F38.W0 50 /r: C4, [R X B 00010], [0 vvvv 1 01], 50, ModRM. The register bits are stored inverted.
bool execute(Registers& registers) {
  const auto* at = reinterpret_cast<const uint8_t*>(registers.rip());
  if (at[0] != 0xc4 || (at[1] & 0x1f) != 2 || (at[2] & 0x87) != 0x05 || at[3] != 0x50) return false;
  const int r = ~at[1] >> 7 & 1, x = ~at[1] >> 6 & 1, b = ~at[1] >> 5 & 1, vvvv = ~at[2] >> 3 & 15;
  const uint8_t modrm = at[4];
  at += 5;
  uint8_t weights[32], activations[32], sums[32];
  const int destination = (modrm >> 3 & 7) | r << 3;
  if (modrm >> 6 == 3) {
    registers.load((modrm & 7) | b << 3, weights);
  } else {
    std::memcpy(weights, address(registers, modrm, x, b, at), 32);
  }
  registers.load(vvvv, activations);
  registers.load(destination, sums);
  for (int lane = 0; lane < 8; ++lane) {
    int32_t sum;
    std::memcpy(&sum, sums + 4 * lane, 4);
    for (int i = 4 * lane; i < 4 * lane + 4; ++i) sum += int{activations[i]} * static_cast<int8_t>(weights[i]);
    std::memcpy(sums + 4 * lane, &sum, 4);
  }
  registers.store(destination, sums);
  registers.rip() = reinterpret_cast<int64_t>(at);
  return true;
}

void on_illegal_instruction(int number, siginfo_t*, void* context) {
  Registers registers(static_cast<ucontext_t*>(context));
  if (execute(registers)) {
    trapped.fetch_add(1, std::memory_order_relaxed);
  } else {
    ::signal(number, SIG_DFL);  // a real one: again, and die
  }
}

const bool installed = [] {
  struct sigaction action = {};
  action.sa_sigaction = on_illegal_instruction;
  action.sa_flags = SA_SIGINFO;
  return ::sigaction(SIGILL, &action, nullptr) == 0;
}();

}  // namespace

int64_t trapped_instructions() { return installed ? trapped.load() : 0; }

}  // namespace octavo::testing
