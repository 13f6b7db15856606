// The task: token ids and mask [B, S] to an encoder's last hidden states [B, S, D]. A competitor is a process that
// answers line by line, so that measure.py can let all of them take turns (task.py is the same for Python):
//
//   load                      ->  milliseconds               from the program's start-up to a model that can run
//   inputs FILE.safetensors   ->  ok                         reads and keeps the inputs
//   run N                     ->  N times in milliseconds    each the whole forward pass
//   output FILE.safetensors   ->  ok                         writes the last answer as "output"
//   memory                    ->  peak and idle MB           resident: so far, and before anything was loaded;
//                                                            then what the competitor says it needs, if it does
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/safetensors.h"

namespace bench {

struct Inputs {
  int64_t B = 0, S = 0;
  std::vector<int64_t> ids, mask;  // [B, S]
};

struct Output {
  int64_t D = 0;
  const float* values = nullptr;  // [B, S, D]
};

using Arguments = std::span<char*>;

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

// VmRSS or VmHWM (its peak) of this process.
inline double resident_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == field + ":" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

template <typename Work>
double milliseconds(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// Competitor(Arguments, threads) loads; void prepare(Inputs); void run(); Output output(); may have double planned_mb().
template <typename Competitor>
void serve(Arguments arguments, int threads) {
  const double idle = resident_mb("VmRSS");
  std::unique_ptr<Competitor> competitor;
  Inputs inputs;
  for (std::string word; std::cin >> word;) {
    std::string argument;
    if (word == "load") {
      std::cout << milliseconds([&] { competitor = std::make_unique<Competitor>(arguments, threads); });
    } else if (word == "inputs" && std::cin >> argument) {
      competitor->prepare(inputs = read_inputs(argument));
      std::cout << "ok";
    } else if (word == "run" && std::cin >> argument) {
      for (int n = std::stoi(argument); n > 0; --n) std::cout << milliseconds([&] { competitor->run(); }) << ' ';
    } else if (word == "output" && std::cin >> argument) {
      const Output output = competitor->output();
      octavo::base::write_safetensors(argument, {{"output", {"F32", {inputs.B, inputs.S, output.D}}, output.values}});
      std::cout << "ok";
    } else if (word == "memory") {
      std::cout << resident_mb("VmHWM") << ' ' << idle;
      if constexpr (requires { competitor->planned_mb(); }) std::cout << ' ' << competitor->planned_mb();
    } else {
      throw std::runtime_error("unknown request " + word);
    }
    std::cout << std::endl;
  }
}

// PROGRAM ARGUMENT... THREADS
template <typename Competitor>
int main(int argc, char** argv, int arguments, const char* usage) {
  if (argc != arguments + 2) {
    std::cerr << "usage: " << usage << '\n';
    return 2;
  }
  try {
    serve<Competitor>(Arguments(argv + 1, static_cast<size_t>(arguments)), std::stoi(argv[argc - 1]));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << argv[0] << ": " << e.what() << '\n';
    return 1;
  }
}

}  // namespace bench
