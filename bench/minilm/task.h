// The task: token ids and mask [B, S] to MiniLM's last hidden states [B, S, 384]. A competitor is a process that
// answers line by line, so that run.py can let all of them take turns on an otherwise idle machine:
//
//   inputs FILE.safetensors   ->  ok                         reads and keeps the inputs
//   run N                     ->  N times in milliseconds    each the whole forward pass
//   output FILE.safetensors   ->  ok                         writes the last answer as "output"
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "base/safetensors.h"

namespace bench {

struct Inputs {
  int64_t B = 0, S = 0;
  std::vector<int64_t> ids, mask;  // [B, S]
};

inline Inputs read_inputs(const std::string& path) {
  const auto file = octavo::base::Safetensors::open(path);
  const auto& shape = file.tensors().at("input_ids").shape;
  Inputs inputs{.B = shape.at(0), .S = shape.at(1), .ids = {}, .mask = {}};
  auto read = [&](const char* name, std::vector<int64_t>& values) {
    const auto bytes = file.bytes(name);
    values.resize(bytes.size() / sizeof(int64_t));
    std::memcpy(values.data(), bytes.data(), bytes.size());
  };
  read("input_ids", inputs.ids);
  read("attention_mask", inputs.mask);
  return inputs;
}

// Competitor: void prepare(Inputs); void run(); const float* output() [B, S, 384].
template <typename Competitor>
void serve(Competitor& competitor) {
  using Clock = std::chrono::steady_clock;
  Inputs inputs;
  for (std::string word; std::cin >> word;) {
    std::string argument;
    std::cin >> argument;
    if (word == "inputs") {
      competitor.prepare(inputs = read_inputs(argument));
      std::cout << "ok";
    } else if (word == "run") {
      for (int n = std::stoi(argument); n > 0; --n) {
        const auto begin = Clock::now();
        competitor.run();
        std::cout << std::chrono::duration<double, std::milli>(Clock::now() - begin).count() << ' ';
      }
    } else if (word == "output") {
      octavo::base::write_safetensors(argument, {{"output", {"F32", {inputs.B, inputs.S, 384}}, competitor.output()}});
      std::cout << "ok";
    } else {
      throw std::runtime_error("unknown request " + word);
    }
    std::cout << std::endl;
  }
}

template <typename Competitor>
int main(int argc, char** argv, const char* usage) {
  if (argc != 3) {
    std::cerr << "usage: " << usage << '\n';
    return 2;
  }
  try {
    Competitor competitor(argv[1], std::stoi(argv[2]));
    serve(competitor);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << argv[0] << ": " << e.what() << '\n';
    return 1;
  }
}

}  // namespace bench
