#include "runtime/isa.h"

#include <cstdlib>

#include "runtime/error.h"
#include "runtime/kernels/tables.h"

namespace octavo {
namespace {

bool cpu_has_avx2() {
#if defined(__x86_64__)
  // Both look at what the operating system saves, not only at what the CPU has.
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

std::string supported_names() {
  std::string names;
  for (const Isa& isa : isas())
    if (isa.supported) names += (names.empty() ? "" : ", ") + std::string(isa.name);
  return names;
}

}  // namespace

const std::vector<Isa>& isas() {
  static const std::vector<Isa> all = {
      {"scalar", &scalar::kTable, true},
#if defined(OCTAVO_HAVE_X86)
      {"avx2-none", &avx2::kNoneTable, cpu_has_avx2()},
      {"avx2-pairs", &avx2::kPairsTable, cpu_has_avx2()},
      {"avx2", &avx2::kTable, cpu_has_avx2()},
#endif
  };
  return all;
}

const Kernels& choose_kernels(std::string_view name) {
  std::string wanted(name);
  std::string source = "the instruction set asked for";
  if (wanted.empty()) {
    if (const char* forced = std::getenv("OCTAVO_ISA"); forced != nullptr && *forced != '\0') {
      wanted = forced;
      source = "OCTAVO_ISA";
    }
  }
  const Kernels* best = nullptr;
  for (const Isa& isa : isas()) {
    if (isa.supported) best = isa.kernels;
    if (wanted != isa.name) continue;
    if (isa.supported) return *isa.kernels;
    throw Error(Status::unsupported,
                source + " is '" + wanted + "', which this CPU lacks; it has " + supported_names());
  }
  if (wanted.empty()) return *best;
  throw Error(Status::unsupported,
              source + " is '" + wanted + "', which this build does not know; this CPU can run " + supported_names());
}

}  // namespace octavo
