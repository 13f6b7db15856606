// The one exception of the runtime. It carries a status of the C ABI and a sentence that names the input, the
// value and what would be accepted. It never crosses the C ABI: octavo_model.h turns it into a status and
// last_error().
#pragma once

#include <stdexcept>
#include <string>

namespace octavo {

enum class Status : int {
  ok = 0,
  invalid_argument = 1,  // wrong input count, dtype, rank, size, id out of range, null pointer
  bad_weights = 2,       // weights file missing, damaged, of another build or version
  unsupported = 3,       // an instruction set this CPU lacks or this build does not know
  out_of_memory = 4,
  internal = 5,
};

class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string& message) : std::runtime_error(message), status(status) {}
  Status status;
};

}  // namespace octavo
