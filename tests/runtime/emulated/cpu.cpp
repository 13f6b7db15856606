// Takes the place of runtime/cpu.cpp where every instruction set can be run, because it is emulated.
#include "runtime/cpu.h"

namespace octavo {

const Cpu& this_cpu() {
  static const Cpu cpu = {.avx2 = true, .avxvnni = true, .avx512vnni = OCTAVO_EMULATES_AVX512 != 0};
  return cpu;
}

}  // namespace octavo
