#include "runtime/model.h"

#include <thread>

#include "runtime/error.h"
#include "tests/runtime/tiny_program.h"

namespace octavo::testing {
namespace {

struct Batch {
  std::vector<int64_t> ids;
  int64_t shape[2];
  Input input() const { return {DType::i64, 2, shape, ids.data()}; }
};

Batch batch(int64_t b, int64_t s) {
  return {Random(static_cast<uint64_t>(b * 100 + s)).integers(b * s, 0, kVocabulary - 1), {b, s}};
}

std::vector<float> run(Session& session, const Batch& x) {
  std::vector<float> y(static_cast<size_t>(x.shape[0] * x.shape[1] * kOutputs));
  const Input in = x.input();
  const Output out = {DType::f32, y.data(), y.size() * 4};
  const auto dims = session.run({&in, 1}, {&out, 1});
  EXPECT_EQ(dims[0], x.shape[0]);
  EXPECT_EQ(dims[1], x.shape[1]);
  return y;
}

// What a wrong call is told.
std::string refusal(Session& session, const std::vector<Input>& in, const std::vector<Output>& out) {
  try {
    session.run(in, out);
  } catch (const Error& e) {
    EXPECT_EQ(e.status, Status::invalid_argument);
    return e.what();
  }
  return "accepted";
}

class ModelTest : public ::testing::Test {
 protected:
  TemporaryFile file{tiny_weights()};
  Model model{tiny_program(), file.path(), {.threads = 2, .isa = "", .pool = nullptr}};
  Session session{model};
};

TEST_F(ModelTest, TheSameBitsOnEveryInstructionSetAndThreadCount) {
  const Batch x = batch(3, 7);
  const auto expected = run(session, x);
  for (const char* isa : runnable())
    for (int threads : {1, 2, 5}) {
      const Model other(tiny_program(), file.path(), {.threads = threads, .isa = isa, .pool = nullptr});
      EXPECT_STREQ(other.isa(), isa);
      EXPECT_EQ(other.threads(), threads);
      Session s(other);
      EXPECT_TRUE(same_bits(expected, run(s, x)));
    }
}

TEST_F(ModelTest, ARowAnswersAloneAsInABatch) {
  const Batch all = batch(4, 5);
  const auto whole = run(session, all);
  for (int64_t b = 0; b < 4; ++b) {
    const Batch one = {{all.ids.begin() + b * 5, all.ids.begin() + (b + 1) * 5}, {1, 5}};
    EXPECT_TRUE(
        same_bits({whole.begin() + b * 5 * kOutputs, whole.begin() + (b + 1) * 5 * kOutputs}, run(session, one)));
  }
}

TEST_F(ModelTest, TheArenaGrowsAndStays) {
  EXPECT_EQ(session.arena_bytes(), 0u);
  run(session, batch(1, 1));
  const size_t small = session.arena_bytes();
  run(session, batch(8, 9));
  const size_t large = session.arena_bytes();
  EXPECT_GT(large, small);
  run(session, batch(1, 2));
  EXPECT_EQ(session.arena_bytes(), large);
  EXPECT_GE(model.load_ms(), 0.0);
}

TEST_F(ModelTest, WrongInputsAreNamed) {
  const Batch x = batch(2, 3);
  std::vector<float> y(200);
  const Output out = {DType::f32, y.data(), y.size() * 4};
  const auto said = [&](const Input& in, const char* text) {
    const std::string what = refusal(session, {in}, {out});
    EXPECT_NE(what.find(text), std::string::npos) << what;
  };
  said({DType::f32, 2, x.shape, x.ids.data()}, "input 'ids' must be int64 and is float32");
  said({DType::i64, 1, x.shape, x.ids.data()}, "must have rank 2 and has 1");
  said({DType::i64, 2, x.shape, nullptr}, "input 'ids' has no data");
  const int64_t empty[2] = {0, 3}, negative[2] = {2, -3}, longer[2] = {1, 10}, huge[2] = {int64_t{1} << 62, 9};
  said({DType::i64, 2, empty, x.ids.data()}, "dim B is 0: an empty batch");
  said({DType::i64, 2, huge, x.ids.data()}, "input 'ids' has more than 2^31 elements");
  said({DType::i64, 2, negative, x.ids.data()}, "dim 1 of input 'ids' is -3");
  said({DType::i64, 2, longer, x.ids.data()}, "tiny requires S <= 9 (position table (tiny.cpp:3)); here B = 1, S = 10");
  EXPECT_NE(refusal(session, {}, {out}).find("takes 1 inputs, given 0"), std::string::npos);
}

TEST_F(ModelTest, WrongOutputsAreNamed) {
  const Batch x = batch(2, 3);
  std::vector<float> y(2 * 3 * kOutputs);
  EXPECT_NE(refusal(session, {x.input()}, {{DType::f32, y.data(), y.size() * 4 - 1}})
                .find("needs 480 bytes; the buffer given has 479"),
            std::string::npos);
  EXPECT_NE(refusal(session, {x.input()}, {{DType::i64, y.data(), 4000}}).find("is float32"), std::string::npos);
  EXPECT_NE(refusal(session, {x.input()}, {{DType::f32, nullptr, 4000}}).find("no buffer"), std::string::npos);
  EXPECT_NE(refusal(session, {x.input()}, {}).find("gives 1 outputs"), std::string::npos);
}

TEST_F(ModelTest, AnyAddressThatSuitsTheTypeWillDo) {
  const Batch x = batch(2, 3);
  const auto expected = run(session, x);
  const size_t ids_bytes = x.ids.size() * sizeof(int64_t), y_bytes = expected.size() * sizeof(float);
  std::vector<std::byte> from(ids_bytes + 128), to(y_bytes + 128);
  const auto at = [](std::vector<std::byte>& v, size_t offset) {
    return v.data() + (64 - reinterpret_cast<uintptr_t>(v.data()) % 64) % 64 + offset;
  };
  const auto try_at = [&](size_t from_offset, size_t to_offset) {
    std::memcpy(at(from, from_offset), x.ids.data(), ids_bytes);
    return refusal(session, {{DType::i64, 2, x.shape, at(from, from_offset)}},
                   {{DType::f32, at(to, to_offset), y_bytes}});
  };
  for (const size_t offset : {0, 8, 24}) {
    EXPECT_EQ(try_at(offset, offset / 2), "accepted");
    EXPECT_EQ(std::memcmp(at(to, offset / 2), expected.data(), y_bytes), 0) << offset;
  }
  EXPECT_EQ(try_at(1, 0), "input 'ids' is int64 and must lie at a multiple of 8 bytes");
  EXPECT_EQ(try_at(4, 0), "input 'ids' is int64 and must lie at a multiple of 8 bytes");
  EXPECT_EQ(try_at(0, 2), "output 'y' is float32 and must lie at a multiple of 4 bytes");
}

TEST_F(ModelTest, ModelsWithEqualThreadCountsShareTheirThreads) {
  const Model same(tiny_program(), file.path(), {.threads = 2, .isa = "scalar", .pool = nullptr});
  const Model other(tiny_program(), file.path(), {.threads = 3, .isa = "", .pool = nullptr});
  const Model own(tiny_program(), file.path(), {.threads = 0, .isa = "", .pool = std::make_shared<Threads>(2)});
  EXPECT_EQ(&same.context().threads, &model.context().threads);
  EXPECT_NE(&other.context().threads, &model.context().threads);
  EXPECT_NE(&own.context().threads, &model.context().threads);
}

TEST_F(ModelTest, ABadIdIsNamedAndTheSessionLivesOn) {
  Batch x = batch(2, 3);
  const auto expected = run(session, x);
  Batch bad = x;
  bad.ids[4] = kVocabulary;
  std::vector<float> y(2 * 3 * kOutputs);
  EXPECT_NE(refusal(session, {bad.input()}, {{DType::f32, y.data(), y.size() * 4}}).find("ids[1,1] is 30"),
            std::string::npos);
  EXPECT_TRUE(same_bits(expected, run(session, x)));
}

TEST_F(ModelTest, TheObserverSeesEveryCall) {
  std::vector<std::string> seen;
  std::vector<float> last;
  session.set_observer([&](const Observation& o) {
    seen.push_back(std::string(o.site) + " " + o.name + " " + std::to_string(o.value.rank));
    last.assign(o.value.as<float>(), o.value.as<float>() + o.value.count());
  });
  const auto y = run(session, batch(2, 2));
  EXPECT_EQ(seen, (std::vector<std::string>{"embedding embedding_sum 3", "dense linear_s8 3"}));
  EXPECT_TRUE(same_bits(last, y));
  session.set_observer(nullptr);
  run(session, batch(2, 2));
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(ModelTest, SessionsShareAModelFromSeveralThreads) {
  const auto expected = run(session, batch(3, 4));
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      Session mine(model);
      for (int i = 0; i < 50; ++i) wrong += !same_bits(expected, run(mine, batch(3, 4)));
    });
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(ModelLoad, RefusesWhatDoesNotBelong) {
  const TemporaryFile other(tiny_weights(99));
  const auto load = [](const std::string& path, LoadOptions options) {
    try {
      Model(tiny_program(), path, options);
    } catch (const Error& e) {
      return std::make_pair(e.status, std::string(e.what()));
    }
    return std::make_pair(Status::ok, std::string());
  };
  EXPECT_EQ(load(other.path(), {}).first, Status::bad_weights);
  EXPECT_EQ(load("/nonexistent", {}).first, Status::bad_weights);
  const TemporaryFile good(tiny_weights());
  EXPECT_EQ(load(good.path(), {.threads = 1, .isa = "sse9", .pool = nullptr}).first, Status::unsupported);
  EXPECT_EQ(load(good.path(), {.threads = -1, .isa = "", .pool = nullptr}).first, Status::invalid_argument);
  const TemporaryFile fewer(weights_file({{"table", bytes_of(tiny_table())}}));
  const auto missing = load(fewer.path(), {});
  EXPECT_EQ(missing.first, Status::bad_weights);
  EXPECT_NE(missing.second.find("'dense.panels' is missing"), std::string::npos) << missing.second;
}

}  // namespace
}  // namespace octavo::testing
