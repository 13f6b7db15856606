// Everything about a compiled model that is not the model. Emitted code fills a Program with plain data and
// one function; Model (weights + threads + instruction set) and Session (an arena) run it. The C ABI
// (octavo_model.h) is the same thing.
//
//   octavo::Model model(bert_program(), "bert.weights", {.threads = 2});
//   octavo::Session session(model);
//   session.run(inputs, outputs);           inputs and outputs are the caller's memory, row-major
//
// A Model is immutable: any number of sessions may share it, from any threads. A Session is for one caller at
// a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/context.h"
#include "runtime/error.h"
#include "runtime/profile.h"
#include "runtime/tensor.h"
#include "runtime/threads.h"
#include "runtime/weights.h"

namespace octavo {

// ---- what emitted code fills
// -------------------------------------------------------------------------------------------

// One dim of an input: a fixed size, or the index of a name in Program::dims. {.name = 1} or {.size = 2}.
struct DimSpec {
  int name = -1;
  int64_t size = 0;
};

struct InputSpec {
  const char* name;
  DType dtype;
  std::span<const DimSpec> shape;
};

struct OutputSpec {
  const char* name;
  DType dtype;
  int rank;
  const char* shape_text;                              // for people: "B, S, 384"
  void (*shape)(const int64_t* dims, int64_t* shape);  // dims in the order of Program::dims
};

// {"S <= 512", "position table (bert.cpp:31)", holds}
struct Requirement {
  const char* text;
  const char* reason;
  bool (*holds)(const int64_t* dims);
};

struct SectionSpec {
  const char* name;
  uint64_t bytes;
  int64_t n = 0,
          k = 0;  // of an outlier list (linear_s8/outliers.h): its matrix; its indices are checked when it is loaded
};

// One call of a kernel, for people: {"bert.cpp:154", "encoder.layer.0.intermediate.dense", "linear_s8"}.
struct StepSpec {
  const char* place;     // in the user's source
  const char* site;      // the module path, "" where unknown
  const char* function;  // what is called
};

struct Call;

struct Program {
  const char* name;
  uint64_t build_id;
  std::span<const char* const> dims;
  std::span<const InputSpec> inputs;
  std::span<const OutputSpec> outputs;
  std::span<const Requirement> requirements;
  std::span<const SectionSpec> sections;  // Call::section(i) is the i-th of these
  std::span<const StepSpec> steps = {};   // Step(context, i) is the i-th of these
  int64_t (*arena_bytes)(const int64_t* dims, int threads);
  void (*run)(const Call& call);
};

// What an observer sees: the result of one call of the program. shape and data live until the callback
// returns.
struct Observation {
  const char* site;  // "encoder.layer.0.attention.self.query", or "" where a call belongs to no site
  const char* name;  // the operator: "linear_s8"
  View value;
};
using Observer = std::function<void(const Observation&)>;

// One run. Everything in it has been checked; dims are in the order of Program::dims.
struct Call {
  const Context& context;
  const int64_t* dims;
  const void* const* inputs;
  void* const* outputs;
  std::byte* arena;  // arena_bytes(dims, threads), 64-byte aligned, not cleared
  const std::byte* const* sections;
  const Observer* observer;  // null: nobody looks

  template <typename T>
  const T* input(int i) const {
    return static_cast<const T*>(inputs[i]);
  }
  template <typename T>
  T* output(int i) const {
    return static_cast<T*>(outputs[i]);
  }
  template <typename T>
  T* scratch(int64_t byte_offset) const {
    return reinterpret_cast<T*>(arena + byte_offset);
  }
  template <typename T>
  const T* section(int i, int64_t byte_offset = 0) const {
    return reinterpret_cast<const T*>(sections[i] + byte_offset);
  }
  int threads() const { return context.threads.count(); }
  void observe(const char* site, const char* name, const View& value) const {
    if (observer != nullptr) (*observer)({site, name, value});
  }
};

// ---- what a caller uses
// --------------------------------------------------------------------------------------------------

struct LoadOptions {
  int threads = 0;                     // 0: one per CPU the process may run on; Threads::shared of that many
  std::string isa = {};                // empty: OCTAVO_ISA, else the best of this CPU
  std::shared_ptr<Threads> pool = {};  // another pool; then `threads` is not looked at
};

class Model {
 public:
  Model(const Program& program, const std::string& weights_path, const LoadOptions& options = {});

  const Program& program() const { return *program_; }
  const char* isa() const;
  Context context() const { return {*kernels_, *threads_}; }
  int threads() const { return threads_->count(); }
  double load_ms() const { return load_ms_; }
  size_t weights_bytes() const { return weights_.file_bytes(); }
  const std::byte* const* sections() const { return sections_.data(); }

 private:
  const Program* program_;
  const Kernels* kernels_;
  std::shared_ptr<Threads> threads_;
  Weights weights_;
  std::vector<const std::byte*> sections_;
  double load_ms_ = 0;
};

// An input as the caller has it: row-major, at an address that suits its type.
struct Input {
  DType dtype;
  int rank;
  const int64_t* shape;
  const void* data;
};

// Where an output goes: `bytes` is the capacity, and must be enough for the shape of these inputs.
struct Output {
  DType dtype;
  void* data;
  size_t bytes;
};

class Session {
 public:
  explicit Session(const Model& model);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // The size of each of Program::dims, after all checks of the shapes; data pointers are not looked at.
  std::vector<int64_t> dims(std::span<const Input> inputs) const;

  // Runs, and returns the size of each of Program::dims (valid until the next run). Allocates only when the arena must
  // grow. Errors: octavo::Error.
  std::span<const int64_t> run(std::span<const Input> inputs, std::span<const Output> outputs);

  void set_observer(Observer observer);
  void set_profiler(Profiler profiler);  // an empty one removes it
  size_t arena_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo
