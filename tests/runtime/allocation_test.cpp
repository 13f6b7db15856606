// A run whose arena is already large enough allocates nothing, on any thread. This file counts what operator new gives.
#include <atomic>
#include <cstdlib>
#include <new>

#include "runtime/c_api.h"
#include "tests/runtime/tiny_program.h"

// GCC inlines one half of the pair below into callers and then misses the other.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace {
std::atomic<int64_t> allocations{0};
}

void* operator new(size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace octavo::testing {
namespace {

TEST(Allocation, ARunAllocatesNothing) {
  const TemporaryFile file(tiny_weights());
  const CApi tables(tiny_program());
  const octavo_api* api = tables.get();
  const octavo_options options = {3, ""};
  octavo_model* model = nullptr;
  octavo_session* session = nullptr;
  ASSERT_EQ(api->load(api, file.path().c_str(), &options, &model), OCTAVO_OK);
  ASSERT_EQ(api->create_session(model, &session), OCTAVO_OK);
  std::vector<int64_t> ids(4 * 9, 3);
  std::vector<float> y(4 * 9 * kOutputs);
  octavo_tensor in = {OCTAVO_I64, 2, {4, 9}, ids.data(), 0}, out = {OCTAVO_F32, 0, {}, y.data(), y.size() * 4};
  ASSERT_EQ(api->run(session, &in, 1, &out, 1), OCTAVO_OK);
  in.shape[0] = 3;
  const int64_t before = allocations.load();
  const octavo_status status = api->run(session, &in, 1, &out, 1);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(status, OCTAVO_OK);
  api->destroy_session(session);
  api->unload(model);
}

}  // namespace
}  // namespace octavo::testing
