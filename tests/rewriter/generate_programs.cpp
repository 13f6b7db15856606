// generate_programs FIRST COUNT: generated programs as one source over LibTorch, whose main writes the bytes of every
// answer to the file it is given. generated_equal_test.py runs it before and after rewriting.
#include <cstdlib>
#include <iostream>

#include "generator.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: generate_programs FIRST COUNT\n";
    return 2;
  }
  const uint64_t first = std::strtoull(argv[1], nullptr, 10), count = std::strtoull(argv[2], nullptr, 10);
  std::string programs, calls;
  for (uint64_t number = first; number < first + count; ++number) {
    const octavo::rewriter::Program program = octavo::rewriter::generate(number);
    programs += program.text;
    calls += "  answer(" + std::to_string(number) + ", [] { return " + program.make + "; });\n";
  }
  std::cout << "#include <torch/torch.h>\n\n#include <fstream>\n\n"
            << programs << "\nint main(int, char** argv) {\n"
            << "  torch::set_num_threads(1);\n"
            << "  std::ofstream file(argv[1], std::ios::binary);\n"
            << "  const auto answer = [&](uint64_t number, auto make) {\n"
            << "    torch::manual_seed(number);\n"
            << "    const torch::Tensor y = make()->forward(torch::randn({3, 4, 4})).contiguous();\n"
            << "    file << number << ' ' << y.sizes() << '\\n';\n"
            << "    file.write(static_cast<const char*>(y.data_ptr()), y.nbytes());\n"
            << "  };\n"
            << calls << "}\n";
}
