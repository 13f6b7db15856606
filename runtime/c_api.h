// The C ABI of one Program. Emitted code ends with
//
//   #ifdef OCTAVO_SHARED_OBJECT
//   extern "C" __attribute__((visibility("default"))) const octavo_api* octavo_get_api(void) {
//     static const octavo::CApi api(bert_program());
//     return api.get();
//   }
//   #endif
#pragma once

#include <memory>

#include "runtime/model.h"
#include "runtime/octavo_model.h"

namespace octavo {

class CApi {
 public:
  explicit CApi(const Program& program);
  ~CApi();
  const octavo_api* get() const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace octavo
