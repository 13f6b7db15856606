#include "runtime/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace octavo {
namespace {

CpuId read_cpuid() {
  CpuId id;
#if defined(__x86_64__)
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) id.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    id.leaf7_ebx = ebx;
    id.leaf7_ecx = ecx;
    // eax is the last subleaf there is.
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0) id.leaf7_1_eax = eax;
  }
  constexpr uint32_t kOsxsave = 1u << 27;
  if ((id.leaf1_ecx & kOsxsave) != 0) {
    uint32_t low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    id.xcr0 = (uint64_t{high} << 32) | low;
  }
#endif
  return id;
}

}  // namespace

const Cpu& this_cpu() {
  static const Cpu cpu = features(read_cpuid());
  return cpu;
}

}  // namespace octavo
