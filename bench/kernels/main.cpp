#include <benchmark/benchmark.h>

namespace octavo::bench {
void add_attention();
void add_linear_f32();
void add_linear_s8();
void add_linear_s8_quantized();
void add_rows();
}  // namespace octavo::bench

int main(int argc, char** argv) {
  octavo::bench::add_linear_s8();
  octavo::bench::add_linear_s8_quantized();
  octavo::bench::add_attention();
  octavo::bench::add_linear_f32();
  octavo::bench::add_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
