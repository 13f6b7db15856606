#include "runtime/isa.h"

#include <cstdlib>

#include "runtime/cpu.h"
#include "runtime/error.h"
#include "runtime/kernels/tables.h"

namespace octavo {
namespace {

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
      {"avx2-none", &avx2::kNoneTable, this_cpu().avx2},
      {"avx2-pairs", &avx2::kPairsTable, this_cpu().avx2},
      {"avx2", &avx2::kTable, this_cpu().avx2},
      {"avxvnni", &avxvnni::kTable, this_cpu().avxvnni},
      {"avx512vnni", &avx512vnni::kTable, this_cpu().avx512vnni},
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
