#include "runtime/c_api.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include "runtime/isa.h"

struct octavo_model {
  octavo::Model model;
};

struct octavo_session {
  octavo::Session session;
  const octavo::Program* program;
  std::vector<octavo::Input> inputs;  // kept, so that a run allocates nothing
  std::vector<octavo::Output> outputs;
  std::vector<octavo_span> spans;  // of the step that a profiler is told about
};

namespace octavo {
namespace {

thread_local std::string last_message;

octavo_status fail(Status status, const char* message) {
  try {
    last_message = message;
  } catch (...) {
    last_message.clear();
  }
  return static_cast<octavo_status>(status);
}

// Runs body; whatever it throws becomes a status.
template <typename Body>
octavo_status guarded(Body body) {
  try {
    body();
    return OCTAVO_OK;
  } catch (const Error& e) {
    return fail(e.status, e.what());
  } catch (const std::bad_alloc&) {
    return fail(Status::out_of_memory, "out of memory");
  } catch (const std::exception& e) {
    return fail(Status::internal, e.what());
  } catch (...) {
    return fail(Status::internal, "unknown error");
  }
}

void need(const void* p, const char* what) {
  if (p == nullptr) throw Error(Status::invalid_argument, std::string(what) + " is null");
}

DType dtype_from(int32_t code) {
  if (code < 0 || code >= kDTypeCount)
    throw Error(Status::invalid_argument, "dtype " + std::to_string(code) + " does not exist");
  return static_cast<DType>(code);
}

std::span<const Input> take_inputs(octavo_session& s, const octavo_tensor* tensors, size_t count) {
  if (count > 0) need(tensors, "inputs");
  if (count != s.program->inputs.size())
    throw Error(Status::invalid_argument, std::string(s.program->name) + " takes " +
                                              std::to_string(s.program->inputs.size()) + " inputs, given " +
                                              std::to_string(count));
  s.inputs.clear();
  for (size_t i = 0; i < count; ++i) {
    const octavo_tensor& t = tensors[i];
    if (t.rank < 0 || t.rank > OCTAVO_MAX_RANK)
      throw Error(Status::invalid_argument, "input " + std::to_string(i) + " has rank " + std::to_string(t.rank));
    s.inputs.push_back({dtype_from(t.dtype), t.rank, t.shape, t.data});
  }
  return s.inputs;
}

void check_output_count(const octavo_session& s, const octavo_tensor* tensors, size_t count) {
  if (count > 0) need(tensors, "outputs");
  if (count != s.program->outputs.size())
    throw Error(Status::invalid_argument, std::string(s.program->name) + " gives " +
                                              std::to_string(s.program->outputs.size()) +
                                              " outputs; tensors given: " + std::to_string(count));
}

void describe_output(const OutputSpec& spec, const int64_t* dims, octavo_tensor& t) {
  t.dtype = static_cast<int32_t>(spec.dtype);
  t.rank = spec.rank;
  spec.shape(dims, t.shape);
}

size_t bytes_of(const octavo_tensor& t) {
  size_t n = size_of(static_cast<DType>(t.dtype));
  for (int32_t d = 0; d < t.rank; ++d) n *= static_cast<size_t>(t.shape[d]);
  return n;
}

// ---- the functions of the table, in its order ----

const char* isa_name(size_t i, int32_t* supported) {
  if (i >= isas().size()) return nullptr;
  if (supported != nullptr) *supported = isas()[i].supported ? 1 : 0;
  return isas()[i].name;
}

octavo_status load(const octavo_api* api, const char* path, const octavo_options* options, octavo_model** model) {
  return guarded([&] {
    need(api, "api");
    need(path, "weights_path");
    need(model, "model");
    *model = nullptr;
    LoadOptions load_options;
    if (options != nullptr) {
      load_options.threads = options->threads;
      if (options->isa != nullptr) load_options.isa = options->isa;
    }
    *model = new octavo_model{Model(*static_cast<const Program*>(api->program), path, load_options)};
  });
}

void unload(octavo_model* model) { delete model; }
const char* model_isa(const octavo_model* m) { return m != nullptr ? m->model.isa() : ""; }
int32_t model_threads(const octavo_model* m) { return m != nullptr ? m->model.threads() : 0; }
double model_load_ms(const octavo_model* m) { return m != nullptr ? m->model.load_ms() : 0; }
uint64_t model_weights_bytes(const octavo_model* m) { return m != nullptr ? m->model.weights_bytes() : 0; }

octavo_status create_session(const octavo_model* model, octavo_session** session) {
  return guarded([&] {
    need(model, "model");
    need(session, "session");
    *session = nullptr;
    *session = new octavo_session{Session(model->model), &model->model.program(), {}, {}, {}};
  });
}

void destroy_session(octavo_session* session) { delete session; }

octavo_status output_shapes(octavo_session* session, const octavo_tensor* inputs, size_t input_count,
                            octavo_tensor* outputs, size_t output_count) {
  return guarded([&] {
    need(session, "session");
    check_output_count(*session, outputs, output_count);
    const auto dims = session->session.dims(take_inputs(*session, inputs, input_count));
    for (size_t i = 0; i < output_count; ++i) {
      describe_output(session->program->outputs[i], dims.data(), outputs[i]);
      outputs[i].bytes = bytes_of(outputs[i]);
    }
  });
}

octavo_status run(octavo_session* session, const octavo_tensor* inputs, size_t input_count, octavo_tensor* outputs,
                  size_t output_count) {
  return guarded([&] {
    need(session, "session");
    check_output_count(*session, outputs, output_count);
    const auto given = take_inputs(*session, inputs, input_count);
    session->outputs.clear();
    for (size_t i = 0; i < output_count; ++i)
      session->outputs.push_back({dtype_from(outputs[i].dtype), outputs[i].data, outputs[i].bytes});
    const auto dims = session->session.run(given, session->outputs);
    for (size_t i = 0; i < output_count; ++i) describe_output(session->program->outputs[i], dims.data(), outputs[i]);
  });
}

octavo_status set_observer(octavo_session* session, octavo_observer observer, void* user) {
  return guarded([&] {
    need(session, "session");
    if (observer == nullptr) return session->session.set_observer({});
    session->session.set_observer([observer, user](const Observation& o) {
      const octavo_observation c = {o.site,       o.name,        static_cast<int32_t>(o.value.dtype),
                                    o.value.rank, o.value.shape, o.value.stride,
                                    o.value.data};
      observer(user, &c);
    });
  });
}

octavo_step_profile step_profile(octavo_session& session, const StepProfile& p) {
  session.spans.clear();
  for (const Span& span : p.spans) session.spans.push_back({span.thread, span.begin_ns, span.end_ns});
  return {static_cast<size_t>(p.step),
          p.work.kernel,
          p.work.isa,
          static_cast<int32_t>(p.work.loop),
          p.work.m,
          p.work.n,
          p.work.k,
          p.work.macs,
          p.work.weight_bytes,
          p.work.activation_bytes,
          p.begin_ns,
          p.end_ns,
          session.spans.size(),
          session.spans.data()};
}

octavo_status set_profiler(octavo_session* session, octavo_profiler profiler, void* user) {
  return guarded([&] {
    need(session, "session");
    if (profiler == nullptr) return session->session.set_profiler({});
    session->session.set_profiler([session, profiler, user](const StepProfile& p) {
      const octavo_step_profile c = step_profile(*session, p);
      profiler(user, &c);
    });
  });
}

uint64_t session_arena_bytes(const octavo_session* s) { return s != nullptr ? s->session.arena_bytes() : 0; }
const char* last_error() { return last_message.c_str(); }

octavo_input_info input_info(const Program& program, const InputSpec& spec) {
  octavo_input_info info = {spec.name, static_cast<int32_t>(spec.dtype), static_cast<int32_t>(spec.shape.size()), {}};
  for (size_t d = 0; d < spec.shape.size(); ++d) {
    const DimSpec& dim = spec.shape[d];
    info.shape[d] = {dim.name >= 0 ? program.dims[static_cast<size_t>(dim.name)] : nullptr, dim.size};
  }
  return info;
}

}  // namespace

struct CApi::Tables {
  std::vector<octavo_input_info> inputs;
  std::vector<octavo_output_info> outputs;
  std::vector<std::string> requirement_texts;
  std::vector<const char*> requirements;
  std::vector<octavo_step> steps;
  octavo_description description;
  octavo_api api;
};

CApi::CApi(const Program& program) : tables_(std::make_unique<Tables>()) {
  Tables& t = *tables_;
  for (const InputSpec& spec : program.inputs) t.inputs.push_back(input_info(program, spec));
  for (const OutputSpec& spec : program.outputs)
    t.outputs.push_back({spec.name, static_cast<int32_t>(spec.dtype), spec.rank, spec.shape_text});
  for (const Requirement& r : program.requirements)
    t.requirement_texts.push_back(std::string(r.text) + ": " + r.reason);
  for (const std::string& s : t.requirement_texts) t.requirements.push_back(s.c_str());
  for (const StepSpec& s : program.steps) t.steps.push_back({s.place, s.site, s.function});
  t.description = {program.name,          program.build_id,      t.inputs.size(),     t.inputs.data(),
                   t.outputs.size(),      t.outputs.data(),      program.dims.size(), program.dims.data(),
                   t.requirements.size(), t.requirements.data(), t.steps.size(),      t.steps.data()};
  t.api = {OCTAVO_ABI_VERSION,
           sizeof(octavo_api),
           &program,
           &t.description,
           isa_name,
           load,
           unload,
           model_isa,
           model_threads,
           model_load_ms,
           model_weights_bytes,
           create_session,
           destroy_session,
           output_shapes,
           run,
           set_observer,
           session_arena_bytes,
           last_error,
           set_profiler};
}

CApi::~CApi() = default;

const octavo_api* CApi::get() const { return &tables_->api; }

}  // namespace octavo
