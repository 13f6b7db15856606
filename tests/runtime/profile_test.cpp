#include "runtime/profile.h"

#include <barrier>
#include <thread>
#include <utility>

#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "tests/runtime/tiny_program.h"

namespace octavo::testing {
namespace {

// A copy of what a profiler is told: its spans live only until it returns.
struct Seen {
  StepProfile profile;
  std::vector<Span> spans;
};

class ProfileTest : public ::testing::Test {
 protected:
  Profiler into(std::vector<Seen>& seen) {
    return [&seen](const StepProfile& p) { seen.push_back({p, {p.spans.begin(), p.spans.end()}}); };
  }
  std::vector<float> run(Session& session, int64_t b, int64_t s) {
    const int64_t shape[] = {b, s};
    std::vector<float> y(static_cast<size_t>(b * s * kOutputs));
    const Input in = {DType::i64, 2, shape, ids.data()};
    const Output out = {DType::f32, y.data(), y.size() * sizeof(float)};
    session.run({&in, 1}, {&out, 1});
    return y;
  }

  TemporaryFile file{tiny_weights()};
  std::vector<int64_t> ids = Random(1).integers(512, 0, kVocabulary - 1);
};

TEST_F(ProfileTest, EveryStepOnceInOrderAndItsThreadsWithinIt) {
  for (int threads : {1, 2, 3}) {
    const Model model(tiny_program(), file.path(), {.threads = threads, .isa = "", .pool = nullptr});
    Session session(model);
    std::vector<Seen> seen;
    session.set_profiler(into(seen));
    for (int i = 0; i < 2; ++i) run(session, 16, 9);
    ASSERT_EQ(seen.size(), 2 * tiny_program().steps.size());
    int64_t before = 0;
    for (size_t i = 0; i < seen.size(); ++i) {
      const auto& [step, spans] = seen[i];
      EXPECT_EQ(step.step, static_cast<int>(i % tiny_program().steps.size()));
      EXPECT_GE(step.begin_ns, before);
      EXPECT_LE(step.begin_ns, step.end_ns);
      before = step.end_ns;
      // 144 rows: enough for every thread. The caller does what a worker has not begun.
      ASSERT_GE(spans.size(), 1u);
      ASSERT_LE(spans.size(), static_cast<size_t>(threads));
      EXPECT_EQ(spans[0].thread, 0);
      for (size_t t = 0; t < spans.size(); ++t) {
        if (t > 0) {
          EXPECT_GT(spans[t].thread, spans[t - 1].thread);
        }
        EXPECT_GE(spans[t].begin_ns, step.begin_ns);
        EXPECT_LE(spans[t].begin_ns, spans[t].end_ns);
        EXPECT_LE(spans[t].end_ns, step.end_ns);
      }
    }
  }
}

TEST_F(ProfileTest, KernelsSayWhatTheyCompute) {
  const Model model(tiny_program(), file.path(), {.threads = 1, .isa = "", .pool = nullptr});
  Session session(model);
  std::vector<Seen> seen;
  session.set_profiler(into(seen));
  run(session, 2, 5);
  const Work embedding = seen[0].profile.work, quantize = seen[1].profile.work, product = seen[2].profile.work;
  EXPECT_STREQ(embedding.kernel, "embedding_sum");
  EXPECT_STREQ(embedding.isa, model.isa());
  EXPECT_EQ(embedding.weight_bytes, 10 * 4 * kWidth);
  EXPECT_EQ(embedding.activation_bytes, 10 * (4 * kWidth + 8));
  EXPECT_EQ(quantize.activation_bytes, 10 * (4 * kWidth + kWidth + 4));
  EXPECT_EQ(quantize.macs, 0);
  const PackedS8Data packed = pack_linear_s8(tiny_table().data(), nullptr, kOutputs, kWidth);
  const LinearS8Kernel& kernel = choose_linear_s8(model.context().kernels, LaneBound::none, 10);
  EXPECT_STREQ(product.kernel, kernel.name);
  EXPECT_EQ(product.loop, kernel.loop);
  EXPECT_EQ(product.macs, 10 * kOutputs * kWidth);
  EXPECT_EQ(product.weight_bytes, static_cast<int64_t>(packed.panels.size() + 3 * 4 * packed.scale.size()));
  EXPECT_EQ(product.activation_bytes, 10 * (kWidth + 4 + 4 * kOutputs));
}

TEST_F(ProfileTest, KernelsOfOneStepAddUpUnderTheNameOfTheLargest) {
  std::vector<Seen> seen;
  Profile profile(into(seen));
  Threads threads(2);
  const Context context{choose_kernels(), threads, &profile};
  {
    const Step step(context, 7);
    EXPECT_EQ(Profile::current(), &profile);
    report(step, {.kernel = "small", .m = 1, .macs = 10, .weight_bytes = 1, .activation_bytes = 2});
    report(step, {.kernel = "large", .m = 2, .macs = 30, .weight_bytes = 4, .activation_bytes = 8});
    report(step, {.kernel = "none", .m = 3, .activation_bytes = 16});
    std::barrier both(2);  // so that neither thread does the other's part
    for (int i = 0; i < 2; ++i) threads.parallel(2, 1, [&](int64_t, int64_t, int) { both.arrive_and_wait(); });
    threads.parallel(1, 1, [](int64_t, int64_t, int) {});
  }
  EXPECT_EQ(Profile::current(), nullptr);
  threads.parallel(2, 1, [](int64_t, int64_t, int) {});  // of no step
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].profile.step, 7);
  EXPECT_STREQ(seen[0].profile.work.kernel, "large");
  EXPECT_EQ(seen[0].profile.work.m, 2);
  EXPECT_EQ(seen[0].profile.work.macs, 40);
  EXPECT_EQ(seen[0].profile.work.weight_bytes, 5);
  EXPECT_EQ(seen[0].profile.work.activation_bytes, 26);
  std::vector<int> of_threads;
  for (const Span& span : seen[0].spans) of_threads.push_back(span.thread);
  EXPECT_EQ(of_threads, (std::vector<int>{0, 1, 0, 1, 0}));
}

TEST_F(ProfileTest, AFailedStepEndsAndTheNextRunIsWhole) {
  const Model model(tiny_program(), file.path(), {.threads = 2, .isa = "", .pool = nullptr});
  Session session(model);
  std::vector<Seen> seen;
  session.set_profiler(into(seen));
  const int64_t good = std::exchange(ids[0], kVocabulary);
  EXPECT_THROW(run(session, 1, 1), Error);
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_EQ(Profile::current(), nullptr);
  ids[0] = good;
  run(session, 1, 1);
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(ProfileTest, ChangesNoBitAndStopsWhenRemoved) {
  const Model model(tiny_program(), file.path(), {.threads = 2, .isa = "", .pool = nullptr});
  Session session(model);
  const std::vector<float> alone = run(session, 4, 9);
  std::vector<Seen> seen;
  session.set_profiler(into(seen));
  EXPECT_TRUE(same_bits(alone, run(session, 4, 9)));
  session.set_profiler({});
  run(session, 4, 9);
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(ProfileTest, SessionsOnOnePoolSeeTheirOwnStepsOnly) {
  const Model model(tiny_program(), file.path(), {.threads = 2, .isa = "", .pool = nullptr});
  std::vector<std::vector<Seen>> seen(3);
  std::vector<std::thread> callers;
  for (auto& mine : seen)
    callers.emplace_back([&, this] {
      Session session(model);
      session.set_profiler(into(mine));
      for (int i = 0; i < 50; ++i) run(session, 8, 9);
    });
  for (std::thread& t : callers) t.join();
  for (const auto& mine : seen) {
    ASSERT_EQ(mine.size(), 150u);
    for (const Seen& step : mine)
      for (const Span& span : step.spans) {
        EXPECT_GE(span.begin_ns, step.profile.begin_ns);
        EXPECT_LE(span.end_ns, step.profile.end_ns);
      }
  }
}

}  // namespace
}  // namespace octavo::testing
