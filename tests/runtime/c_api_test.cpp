#include "runtime/c_api.h"

#include "tests/runtime/tiny_program.h"

extern "C" size_t octavo_c_header_test(const octavo_api* api);

namespace octavo::testing {
namespace {

class CApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const octavo_options options = {2, "scalar"};
    ASSERT_EQ(api->load(api, file.path().c_str(), &options, &model), OCTAVO_OK) << api->last_error();
    ASSERT_EQ(api->create_session(model, &session), OCTAVO_OK);
  }
  void TearDown() override {
    api->destroy_session(session);
    api->unload(model);
  }
  octavo_tensor ids(int64_t b, int64_t s) { return {OCTAVO_I64, 2, {b, s}, storage.data(), 0}; }

  TemporaryFile file{tiny_weights()};
  CApi tables{tiny_program()};
  const octavo_api* api = tables.get();
  octavo_model* model = nullptr;
  octavo_session* session = nullptr;
  std::vector<int64_t> storage = Random(1).integers(64, 0, kVocabulary - 1);
};

TEST_F(CApiTest, DescribesTheProgram) {
  EXPECT_EQ(api->version, 2u);
  EXPECT_EQ(api->struct_bytes, sizeof(octavo_api));
  const octavo_description& d = *api->description;
  EXPECT_STREQ(d.name, "tiny");
  ASSERT_EQ(d.input_count, 1u);
  EXPECT_STREQ(d.inputs[0].name, "ids");
  EXPECT_EQ(d.inputs[0].dtype, OCTAVO_I64);
  EXPECT_STREQ(d.inputs[0].shape[1].name, "S");
  EXPECT_STREQ(d.outputs[0].shape_text, "B, S, 20");
  EXPECT_STREQ(d.dims[0], "B");
  ASSERT_EQ(d.requirement_count, 1u);
  EXPECT_STREQ(d.requirements[0], "S <= 9: position table (tiny.cpp:3)");
  ASSERT_EQ(d.step_count, 3u);
  EXPECT_STREQ(d.steps[2].place, "tiny.cpp:8");
  EXPECT_STREQ(d.steps[2].site, "dense");
  EXPECT_STREQ(d.steps[2].function, "linear_s8");
  EXPECT_STREQ(api->model_isa(model), "scalar");
  EXPECT_EQ(api->model_threads(model), 2);
  EXPECT_EQ(api->model_weights_bytes(model), tiny_weights().size());
  int32_t supported = 0;
  EXPECT_STREQ(api->isa_name(0, &supported), "scalar");
  EXPECT_EQ(supported, 1);
  EXPECT_EQ(api->isa_name(1000, nullptr), nullptr);
  EXPECT_EQ(octavo_c_header_test(api), 1u);
}

TEST_F(CApiTest, RunsIntoTheCallersMemory) {
  const octavo_tensor in = ids(2, 3);
  octavo_tensor out = {};
  ASSERT_EQ(api->output_shapes(session, &in, 1, &out, 1), OCTAVO_OK);
  EXPECT_EQ(out.rank, 3);
  EXPECT_EQ(out.shape[2], 20);
  EXPECT_EQ(out.bytes, 2u * 3 * 20 * 4);
  std::vector<float> y(out.bytes / 4);
  out.data = y.data();
  ASSERT_EQ(api->run(session, &in, 1, &out, 1), OCTAVO_OK) << api->last_error();
  const Model direct(tiny_program(), file.path(), {.threads = 1, .isa = "", .pool = nullptr});
  Session s(direct);
  std::vector<float> expected(y.size());
  const Input input = {DType::i64, 2, in.shape, storage.data()};
  const Output output = {DType::f32, expected.data(), expected.size() * 4};
  s.run({&input, 1}, {&output, 1});
  EXPECT_TRUE(same_bits(expected, y));
  EXPECT_GT(api->session_arena_bytes(session), 0u);
}

TEST_F(CApiTest, EveryFailureIsAStatusAndASentence) {
  const auto failed = [&](octavo_status got, octavo_status want, const char* text) {
    EXPECT_EQ(got, want);
    EXPECT_NE(std::string(api->last_error()).find(text), std::string::npos) << api->last_error();
  };
  std::vector<float> y(1000);
  octavo_tensor in = ids(2, 3), out = {OCTAVO_F32, 0, {}, y.data(), y.size() * 4};
  octavo_model* none = nullptr;
  failed(api->load(api, nullptr, nullptr, &none), OCTAVO_INVALID_ARGUMENT, "weights_path is null");
  failed(api->load(api, "/nonexistent", nullptr, &none), OCTAVO_BAD_WEIGHTS, "cannot be opened");
  EXPECT_EQ(none, nullptr);
  const octavo_options unknown = {1, "mmx"};
  failed(api->load(api, file.path().c_str(), &unknown, &none), OCTAVO_UNSUPPORTED, "'mmx'");
  failed(api->create_session(nullptr, &session), OCTAVO_INVALID_ARGUMENT, "model is null");
  failed(api->run(nullptr, &in, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "session is null");
  failed(api->run(session, nullptr, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "inputs is null");
  failed(api->run(session, &in, 0, &out, 1), OCTAVO_INVALID_ARGUMENT, "given 0");
  failed(api->run(session, &in, 1, &out, 2), OCTAVO_INVALID_ARGUMENT, "gives 1 outputs");
  in.dtype = 17;
  failed(api->run(session, &in, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "dtype 17");
  in = ids(2, 3);
  in.rank = 9;
  failed(api->run(session, &in, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "rank 9");
  in = ids(1, 20);
  failed(api->output_shapes(session, &in, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "S <= 9");
  in = ids(2, 3);
  out = {OCTAVO_F32, 0, {}, y.data(), 3};
  failed(api->run(session, &in, 1, &out, 1), OCTAVO_INVALID_ARGUMENT, "needs 480 bytes");
  api->unload(nullptr);
  api->destroy_session(nullptr);
}

TEST_F(CApiTest, TheObserverIsCalledWithItsUser) {
  std::vector<std::string> seen;
  const auto observer = [](void* user, const octavo_observation* o) {
    static_cast<std::vector<std::string>*>(user)->push_back(std::string(o->site) +
                                                            std::to_string(o->shape[o->rank - 1]));
  };
  ASSERT_EQ(api->set_observer(session, observer, &seen), OCTAVO_OK);
  std::vector<float> y(1000);
  const octavo_tensor in = ids(2, 3);
  octavo_tensor out = {OCTAVO_F32, 0, {}, y.data(), y.size() * 4};
  ASSERT_EQ(api->run(session, &in, 1, &out, 1), OCTAVO_OK);
  EXPECT_EQ(seen, (std::vector<std::string>{"embedding12", "dense20"}));
  ASSERT_EQ(api->set_observer(session, nullptr, nullptr), OCTAVO_OK);
}

TEST_F(CApiTest, TheProfilerIsCalledWithItsUser) {
  std::vector<std::string> kernels;
  const auto profiler = [](void* user, const octavo_step_profile* p) {
    static_cast<std::vector<std::string>*>(user)->emplace_back(p->kernel);
    EXPECT_GE(p->span_count, 1u);
    EXPECT_GE(p->spans[0].begin_ns, p->begin_ns);
    EXPECT_LE(p->spans[0].end_ns, p->end_ns);
    if (p->step == 2) {
      EXPECT_EQ(p->inner_loop, OCTAVO_LOOP_NONE);
      EXPECT_EQ(std::vector<int64_t>({p->m, p->n, p->k, p->macs}),
                std::vector<int64_t>({6, kOutputs, kWidth, 6 * kOutputs * kWidth}));
    }
  };
  ASSERT_EQ(api->set_profiler(session, profiler, &kernels), OCTAVO_OK);
  std::vector<float> y(1000);
  const octavo_tensor in = ids(2, 3);
  octavo_tensor out = {OCTAVO_F32, 0, {}, y.data(), y.size() * 4};
  ASSERT_EQ(api->run(session, &in, 1, &out, 1), OCTAVO_OK);
  const std::vector<std::string> expected = {"embedding_sum", "quantize_rows", "linear_s8_plain_1x16__scalar"};
  EXPECT_EQ(kernels, expected);
  ASSERT_EQ(api->set_profiler(session, nullptr, nullptr), OCTAVO_OK);
  ASSERT_EQ(api->run(session, &in, 1, &out, 1), OCTAVO_OK);
  EXPECT_EQ(kernels, expected);
  EXPECT_EQ(api->set_profiler(nullptr, profiler, nullptr), OCTAVO_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace octavo::testing
