// make_fixtures FOLDER: emits every fixture there, for the build of the tests.
#include <cstdio>

#include "tests/emit/fixtures.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    for (const auto& fixture : octavo::emit::test::fixtures()) octavo::emit::test::emit_fixture(fixture, argv[1]);
  } catch (const octavo::base::Error& error) {
    std::fprintf(stderr, "%s\n", error.text().c_str());
    return static_cast<int>(error.exit);
  }
  return 0;
}
