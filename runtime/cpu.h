// Which vector instructions this CPU has and this operating system saves across a switch of threads.
#pragma once

#include <cstdint>

namespace octavo {

struct Cpu {
  bool avx2 = false;        // with FMA
  bool avxvnni = false;     // and the above
  bool avx512vnni = false;  // AVX-512 F, BW, DQ, VL and VNNI, and AVX2
};

// The registers of cpuid that tell, and XCR0: which registers the operating system saves.
struct CpuId {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0, leaf7_ecx = 0;  // subleaf 0
  uint32_t leaf7_1_eax = 0;               // subleaf 1
  uint64_t xcr0 = 0;                      // 0 where there is no xgetbv
};

constexpr Cpu features(const CpuId& id) {
  constexpr uint32_t kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28;  // leaf 1 ecx
  constexpr uint32_t kAvx2 = 1u << 5, k512f = 1u << 16, k512dq = 1u << 17, k512bw = 1u << 30,
                     k512vl = 1u << 31;        // 7 ebx
  constexpr uint32_t k512vnni = 1u << 11;      // 7 ecx
  constexpr uint32_t kAvxvnni = 1u << 4;       // 7.1 eax
  constexpr uint64_t kYmm = 0x6, kZmm = 0xe6;  // xcr0
  const auto has = [](auto word, auto bits) { return (word & bits) == bits; };
  Cpu cpu;
  cpu.avx2 = has(id.leaf1_ecx, kFma | kOsxsave | kAvx) && has(id.leaf7_ebx, kAvx2) && has(id.xcr0, kYmm);
  cpu.avxvnni = cpu.avx2 && has(id.leaf7_1_eax, kAvxvnni);
  cpu.avx512vnni = cpu.avx2 && has(id.leaf7_ebx, k512f | k512dq | k512bw | k512vl) && has(id.leaf7_ecx, k512vnni) &&
                   has(id.xcr0, kZmm);
  return cpu;
}

// Read once.
const Cpu& this_cpu();

}  // namespace octavo
