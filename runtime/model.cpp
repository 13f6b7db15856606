#include "runtime/model.h"

#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>

#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/outliers.h"

namespace octavo {

Model::Model(const Program& program, const std::string& weights_path, const LoadOptions& options)
    : program_(&program), kernels_(&choose_kernels(options.isa)) {
  const auto start = std::chrono::steady_clock::now();
  if (options.threads < 0 || options.threads > 1024)
    throw Error(Status::invalid_argument,
                std::to_string(options.threads) + " threads asked for; 0 (one per CPU) to 1024 are possible");
  weights_ = Weights(weights_path, program.build_id);
  sections_.reserve(program.sections.size());
  for (const SectionSpec& s : program.sections) {
    const std::span<const std::byte> bytes = weights_.section(s.name, s.bytes);
    const char* wrong = s.n > 0 ? outliers_complaint(bytes, s.n, s.k) : nullptr;
    if (wrong != nullptr)
      throw Error(Status::bad_weights, weights_path + ": section '" + s.name + "', an outlier list, " + wrong);
    sections_.push_back(bytes.data());
  }
  threads_ = options.pool != nullptr ? options.pool : Threads::shared(options.threads);
  load_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

const char* Model::isa() const { return kernels_->name; }

namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error(Status::invalid_argument, what); }

struct Free {
  void operator()(std::byte* p) const { std::free(p); }
};

std::string quoted(const char* name) { return "'" + std::string(name) + "'"; }

// Sentences are only put together once something is wrong: a run that succeeds allocates nothing.
[[noreturn]] void refuse_size(const Program& program, const InputSpec& spec, size_t d, int64_t want, int64_t size) {
  const int dim = spec.shape[d].name;
  const std::string same = dim >= 0 ? std::string(" (") + program.dims[static_cast<size_t>(dim)] + ", as before)" : "";
  refuse("dim " + std::to_string(d) + " of input " + quoted(spec.name) + " must be " + std::to_string(want) + same +
         " and is " + std::to_string(size));
}

// Elements of one input. Far above any real batch, and low enough that no size computed from the dims overflows int64.
constexpr int64_t kMostElements = int64_t{1} << 31;

// Puts the size of each named dim into dims (-1 where not seen yet).
void check_input(const Program& program, const InputSpec& spec, const Input& input, std::vector<int64_t>& dims) {
  if (input.dtype != spec.dtype)
    refuse("input " + quoted(spec.name) + " must be " + name_of(spec.dtype) + " and is " + name_of(input.dtype));
  if (input.rank != static_cast<int>(spec.shape.size()))
    refuse("input " + quoted(spec.name) + " must have rank " + std::to_string(spec.shape.size()) + " and has " +
           std::to_string(input.rank));
  int64_t count = 1;
  for (size_t d = 0; d < spec.shape.size(); ++d) {
    const int64_t size = input.shape[d];
    if (size < 0) refuse("dim " + std::to_string(d) + " of input " + quoted(spec.name) + " is " + std::to_string(size));
    int64_t want = spec.shape[d].size;
    if (spec.shape[d].name >= 0) {
      int64_t& known = dims[static_cast<size_t>(spec.shape[d].name)];
      if (known < 0) known = size;
      want = known;
    }
    if (size != want) refuse_size(program, spec, d, want, size);
    if (size > kMostElements / count) refuse("input " + quoted(spec.name) + " has more than 2^31 elements");
    count = size > 0 ? count * size : 1;
  }
}

// Elements must lie where their type may; nothing more is asked of the caller's memory.
void check_address(const char* what, const char* name, const void* data, DType dtype) {
  if (reinterpret_cast<uintptr_t>(data) % size_of(dtype) != 0)
    refuse(what + quoted(name) + " is " + name_of(dtype) + " and must lie at a multiple of " +
           std::to_string(size_of(dtype)) + " bytes");
}

int64_t count_of(const OutputSpec& spec, const int64_t* dims) {
  int64_t shape[kMaxRank];
  spec.shape(dims, shape);
  int64_t n = 1;
  for (int d = 0; d < spec.rank; ++d) n *= shape[d];
  return n;
}

}  // namespace

struct Session::State {
  const Model* model;
  std::vector<int64_t> dims;
  std::unique_ptr<std::byte, Free> arena;
  size_t arena_bytes = 0;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  Observer observer;
  std::unique_ptr<Profile> profile;

  const Program& program() const { return model->program(); }

  void check_shapes(std::span<const Input> given, std::vector<int64_t>& sizes) const {
    const Program& p = program();
    if (given.size() != p.inputs.size())
      refuse(std::string(p.name) + " takes " + std::to_string(p.inputs.size()) + " inputs, given " +
             std::to_string(given.size()));
    sizes.assign(p.dims.size(), -1);
    for (size_t i = 0; i < given.size(); ++i) check_input(p, p.inputs[i], given[i], sizes);
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == 0) refuse(std::string("dim ") + p.dims[i] + " is 0: an empty batch has no answer");
      if (sizes[i] < 0) refuse(std::string("dim ") + p.dims[i] + " is in no input");
    }
    for (const Requirement& r : p.requirements) {
      if (r.holds(sizes.data())) continue;
      std::string where;
      for (size_t i = 0; i < sizes.size(); ++i)
        where += (i > 0 ? ", " : "") + std::string(p.dims[i]) + " = " + std::to_string(sizes[i]);
      refuse(std::string(p.name) + " requires " + r.text + " (" + r.reason + "); here " + where);
    }
  }

  void check_output(const OutputSpec& spec, const Output& out) const {
    if (out.dtype != spec.dtype)
      refuse("output " + quoted(spec.name) + " is " + name_of(spec.dtype) + "; the buffer given is " +
             name_of(out.dtype));
    const auto needed = static_cast<size_t>(count_of(spec, dims.data())) * size_of(spec.dtype);
    if (out.bytes < needed)
      refuse("output " + quoted(spec.name) + " needs " + std::to_string(needed) + " bytes; the buffer given has " +
             std::to_string(out.bytes));
    if (out.data == nullptr && needed > 0) refuse("output " + quoted(spec.name) + " has no buffer");
    check_address("output ", spec.name, out.data, spec.dtype);
  }

  void grow_arena(int64_t bytes) {
    const auto wanted = static_cast<size_t>(round_up(bytes, 64));
    if (wanted <= arena_bytes) return;
    arena.reset();
    arena_bytes = 0;
    arena.reset(static_cast<std::byte*>(std::aligned_alloc(64, wanted)));
    if (arena == nullptr)
      throw Error(Status::out_of_memory, "no memory for the " + std::to_string(wanted) + " bytes of these sizes");
    arena_bytes = wanted;
  }
};

Session::Session(const Model& model) : state_(std::make_unique<State>()) {
  state_->model = &model;
  state_->inputs.resize(model.program().inputs.size());
  state_->outputs.resize(model.program().outputs.size());
  state_->dims.reserve(model.program().dims.size());
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::vector<int64_t> Session::dims(std::span<const Input> inputs) const {
  std::vector<int64_t> sizes;
  state_->check_shapes(inputs, sizes);
  return sizes;
}

std::span<const int64_t> Session::run(std::span<const Input> inputs, std::span<const Output> outputs) {
  State& s = *state_;
  const Program& p = s.program();
  s.check_shapes(inputs, s.dims);
  if (outputs.size() != p.outputs.size())
    refuse(std::string(p.name) + " gives " + std::to_string(p.outputs.size()) +
           " outputs; buffers given: " + std::to_string(outputs.size()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].data == nullptr) refuse(std::string("input '") + p.inputs[i].name + "' has no data");
    check_address("input ", p.inputs[i].name, inputs[i].data, inputs[i].dtype);
    s.inputs[i] = inputs[i].data;
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    s.check_output(p.outputs[i], outputs[i]);
    s.outputs[i] = outputs[i].data;
  }
  s.grow_arena(p.arena_bytes(s.dims.data(), s.model->threads()));
  Context context = s.model->context();
  context.profile = s.profile.get();
  const Threads::Call call(context.threads);
  p.run({context, s.dims.data(), s.inputs.data(), s.outputs.data(), s.arena.get(), s.model->sections(),
         s.observer ? &s.observer : nullptr});
  return s.dims;
}

void Session::set_observer(Observer observer) { state_->observer = std::move(observer); }
void Session::set_profiler(Profiler profiler) {
  state_->profile = profiler ? std::make_unique<Profile>(std::move(profiler)) : nullptr;
}
size_t Session::arena_bytes() const { return state_->arena_bytes; }

}  // namespace octavo
