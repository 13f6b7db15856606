#include "cli/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "cli/manifest.h"

namespace octavo::cli {

namespace fs = std::filesystem;
using base::Error;
using base::Exit;

namespace {

// The first version does all but tell times.
constexpr uint32_t kLeastAbi = 1, kProfilerAbi = 2;

struct DTypeRow {
  octavo_dtype dtype;
  const char* name;
  size_t bytes;
};
constexpr DTypeRow kDTypes[] = {{OCTAVO_F32, "F32", 4},   {OCTAVO_I64, "I64", 8}, {OCTAVO_I32, "I32", 4},
                                {OCTAVO_BOOL, "BOOL", 1}, {OCTAVO_U8, "U8", 1},   {OCTAVO_S8, "I8", 1}};

const DTypeRow& row(octavo_dtype dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == dtype) return row;
  }
  throw Error(Exit::internal, {}, fmt::format("the model reports dtype {}", static_cast<int>(dtype)));
}

}  // namespace

size_t size_of(octavo_dtype dtype) { return row(dtype).bytes; }
const char* safetensors_name(octavo_dtype dtype) { return row(dtype).name; }

octavo_dtype dtype_from_safetensors(const std::string& name) {
  for (const DTypeRow& row : kDTypes) {
    if (name == row.name) return row.dtype;
  }
  throw Error(Exit::refused, {}, "dtype " + name + " is not an input dtype of compiled models",
              "use F32, I64, I32 or BOOL");
}

int64_t Tensor::elements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, [](int64_t a, int64_t b) { return a * b; });
}

std::vector<float> Tensor::floats() const {
  std::vector<float> result(static_cast<size_t>(elements()));
  for (size_t i = 0; i < result.size(); ++i) {
    const std::byte* at = bytes.data() + i * size_of(dtype);
    switch (dtype) {
      case OCTAVO_F32:
        std::memcpy(&result[i], at, 4);
        break;
      case OCTAVO_I64: {
        int64_t v;
        std::memcpy(&v, at, 8);
        result[i] = static_cast<float>(v);
        break;
      }
      case OCTAVO_I32: {
        int32_t v;
        std::memcpy(&v, at, 4);
        result[i] = static_cast<float>(v);
        break;
      }
      case OCTAVO_S8:
        result[i] = static_cast<float>(static_cast<int8_t>(*at));
        break;
      case OCTAVO_BOOL:
      case OCTAVO_U8:
        result[i] = static_cast<float>(static_cast<uint8_t>(*at));
        break;
    }
  }
  return result;
}

Library::Library(const fs::path& folder, const Options& options) {
  const std::string name = Manifest::read(folder).name;
  const fs::path object = fs::absolute(folder) / (name + ".so"), weights = fs::absolute(folder) / (name + ".weights");
  handle_ = std::shared_ptr<void>(dlopen(object.c_str(), RTLD_NOW | RTLD_LOCAL), [](void* p) {
    if (p != nullptr) dlclose(p);
  });
  if (handle_ == nullptr)
    throw Error(Exit::refused, {object.string()}, std::string("cannot be loaded: ") + dlerror(), "build again");
  const auto get = reinterpret_cast<const octavo_api* (*)()>(dlsym(handle_.get(), "octavo_get_api"));
  if (get == nullptr) throw Error(Exit::refused, {object.string()}, "exports no octavo_get_api", "build again");
  api_ = get();
  if (api_->version < kLeastAbi || api_->struct_bytes < offsetof(octavo_api, set_profiler)) {
    throw Error(Exit::refused, {object.string()},
                fmt::format("has ABI version {}, this octavo needs {}", api_->version, kLeastAbi),
                "build again with this version");
  }
  object_ = object;
  const octavo_options load{.threads = options.threads, .isa = options.isa.c_str()};
  octavo_model* model = nullptr;
  check(api_->load(api_, weights.c_str(), &load, &model));
  model_ = std::shared_ptr<octavo_model>(model, api_->unload);
  octavo_session* session = nullptr;
  check(api_->create_session(model, &session));
  session_ = std::shared_ptr<octavo_session>(session, api_->destroy_session);
}

void Library::check(octavo_status status) const {
  if (status == OCTAVO_OK) return;
  throw Error(status == OCTAVO_INTERNAL ? Exit::internal : Exit::refused, {}, api_->last_error());
}

std::vector<octavo_tensor> Library::input_tensors(const Tensors& inputs) const {
  std::vector<octavo_tensor> result;
  const octavo_description& about = description();
  for (size_t i = 0; i < about.input_count; ++i) {
    const auto found = inputs.find(about.inputs[i].name);
    if (found == inputs.end()) {
      throw Error(Exit::refused, {}, fmt::format("input {} is missing", about.inputs[i].name));
    }
    octavo_tensor tensor{};
    const Tensor& given = found->second;
    if (given.shape.size() > OCTAVO_MAX_RANK)
      throw Error(Exit::refused, {}, fmt::format("input {} has rank {}", found->first, given.shape.size()));
    tensor.dtype = given.dtype;
    tensor.rank = static_cast<int32_t>(given.shape.size());
    std::copy(given.shape.begin(), given.shape.end(), tensor.shape);
    tensor.data = const_cast<std::byte*>(given.bytes.data());
    tensor.bytes = given.bytes.size();
    result.push_back(tensor);
  }
  return result;
}

Tensors Library::run(const Tensors& inputs) {
  std::vector<octavo_tensor> in = input_tensors(inputs), out(description().output_count);
  check(api_->output_shapes(session_.get(), in.data(), in.size(), out.data(), out.size()));
  Tensors result;
  for (size_t i = 0; i < out.size(); ++i) {
    Tensor& tensor = result[description().outputs[i].name];
    tensor.dtype = static_cast<octavo_dtype>(out[i].dtype);
    tensor.shape.assign(out[i].shape, out[i].shape + out[i].rank);
    tensor.bytes.resize(out[i].bytes);
    out[i].data = tensor.bytes.data();
  }
  check(api_->run(session_.get(), in.data(), in.size(), out.data(), out.size()));
  return result;
}

std::function<void()> Library::repeat(const Tensors& inputs) {
  struct State {
    Tensors inputs;
    std::vector<octavo_tensor> in, out;
    std::vector<std::vector<std::byte>> memory;
  };
  auto state = std::make_shared<State>();
  state->inputs = inputs;
  state->in = input_tensors(state->inputs);
  state->out.resize(description().output_count);
  check(api_->output_shapes(session_.get(), state->in.data(), state->in.size(), state->out.data(), state->out.size()));
  for (octavo_tensor& tensor : state->out) {
    state->memory.emplace_back(tensor.bytes);
    tensor.data = state->memory.back().data();
  }
  return [this, state] {
    check(api_->run(session_.get(), state->in.data(), state->in.size(), state->out.data(), state->out.size()));
  };
}

void Library::observe(Observer observer) {
  observer_ = std::move(observer);
  if (!observer_) {
    check(api_->set_observer(session_.get(), nullptr, nullptr));
    return;
  }
  const auto call = [](void* user, const octavo_observation* seen) { (*static_cast<Observer*>(user))(*seen); };
  check(api_->set_observer(session_.get(), call, &observer_));
}

void Library::require_profiler() const {
  if (api_->version >= kProfilerAbi && api_->struct_bytes >= sizeof(octavo_api) && description().step_count > 0) return;
  throw Error(Exit::refused, {object_.string()},
              fmt::format("has ABI version {}; its steps can be timed from version {} on", api_->version, kProfilerAbi),
              "build again with this version");
}

void Library::profile(Profiler profiler) {
  require_profiler();
  profiler_ = std::move(profiler);
  if (!profiler_) {
    check(api_->set_profiler(session_.get(), nullptr, nullptr));
    return;
  }
  const auto call = [](void* user, const octavo_step_profile* step) { (*static_cast<Profiler*>(user))(*step); };
  check(api_->set_profiler(session_.get(), call, &profiler_));
}

}  // namespace octavo::cli
