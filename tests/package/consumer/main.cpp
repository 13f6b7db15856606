// Runs the model once and prints the sum of its answer, so that the test can tell that it ran.
#include <cstdio>
#include <exception>
#include <vector>

#include "runtime/model.h"
#include "tiny.h"

int main() {
  try {
    const octavo::Model model(tiny_program(), TINY_WEIGHTS, {.threads = 1, .isa = {}, .pool = nullptr});
    octavo::Session session(model);
    const std::vector<int64_t> ids = {1, 2, 3}, mask = {1, 1, 1};
    const int64_t shape[] = {1, 3};
    std::vector<float> answer(3 * 16);
    const octavo::Input inputs[] = {{octavo::DType::i64, 2, shape, ids.data()},
                                    {octavo::DType::i64, 2, shape, mask.data()}};
    const octavo::Output outputs[] = {{octavo::DType::f32, answer.data(), answer.size() * sizeof(float)}};
    session.run(inputs, outputs);
    double sum = 0;
    for (const float x : answer) sum += x * x;
    std::printf("sum of squares %.6f\n", sum);
    return sum > 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
