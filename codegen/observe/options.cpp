#include "codegen/observe/options.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace octavo::observe {

using base::Error;
using base::Exit;

namespace {

enum class Takes { nothing, one, many };
using Flags = std::map<std::string, Takes>;

const std::map<std::string, Flags>& commands() {
  static const Flags kAll = {{"--input", Takes::many}, {"--weights", Takes::one}, {"--source", Takes::many}};
  const auto with = [](Flags flags) {
    flags.insert(kAll.begin(), kAll.end());
    return flags;
  };
  static const std::map<std::string, Flags> kCommands = {
      {"trace", with({{"--name", Takes::one},
                      {"--output-name", Takes::many},
                      {"--graph", Takes::one},
                      {"--tensors", Takes::one},
                      {"--modules", Takes::one}})},
      {"calibrate",
       with({{"--name", Takes::one}, {"--samples", Takes::one}, {"--limit", Takes::one}, {"--ranges", Takes::one}})},
      {"run", with({{"--output-name", Takes::many},
                    {"--inputs", Takes::one},
                    {"--outputs", Takes::one},
                    {"--mode", Takes::one},
                    {"--ranges", Takes::one},
                    {"--threads", Takes::one},
                    {"--sites", Takes::nothing}})},
      {"weights", with({{"--outputs", Takes::one}})},
      {"bench", with({{"--dims", Takes::one}, {"--threads", Takes::one}, {"--runs", Takes::one}})}};
  return kCommands;
}

template <typename Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> result;
  for (const auto& entry : map) result.push_back(entry.first);
  return result;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = base::nearest(word, known);
  if (!near.empty()) return "did you mean " + near + "?";
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  return "known are " + list;
}

}  // namespace

std::string Options::usage() {
  return R"(usage: NAME.observed trace     --name NAME --graph FILE.graph.json --tensors FILE.safetensors [--output-name NAME]...
                               [--modules FILE.json]
       NAME.observed calibrate --samples FILE.jsonl|.safetensors --ranges FILE.ranges.json [--limit N] [--name NAME]
       NAME.observed run       --inputs FILE.jsonl|.safetensors --outputs FILE.safetensors [--output-name NAME]...
                               [--mode off|fake_quantise [--ranges FILE]] [--threads N] [--sites]
       NAME.observed weights   --outputs FILE.safetensors
       NAME.observed bench     --dims B=1,S=128 [--threads N] [--runs N]
all:   --input 'name:dtype[dim,dim]'... [--weights FILE|HF_DIR] [--source FILE]...
)";
}

Options::Options(int argc, const char* const* argv) {
  if (argc < 2) throw Error(Exit::usage, {}, "no subcommand", suggestion("", keys(commands())));
  command_ = argv[1];
  const auto known = commands().find(command_);
  if (known == commands().end()) {
    throw Error(Exit::usage, {}, "unknown subcommand '" + command_ + "'", suggestion(command_, keys(commands())));
  }
  for (int i = 2; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto takes = known->second.find(flag);
    if (takes == known->second.end()) {
      throw Error(Exit::usage, {}, command_ + ": unknown option '" + flag + "'", suggestion(flag, keys(known->second)));
    }
    if (takes->second != Takes::many && has(flag)) throw Error(Exit::usage, {}, "option " + flag + " is given twice");
    std::vector<std::string>& values = values_[flag];
    if (takes->second == Takes::nothing) continue;
    if (i + 1 >= argc) throw Error(Exit::usage, {}, "option " + flag + " lacks its value");
    values.emplace_back(argv[++i]);
  }
}

const std::vector<std::string>& Options::all(const std::string& flag) const {
  static const std::vector<std::string> kNothing;
  const auto found = values_.find(flag);
  return found == values_.end() ? kNothing : found->second;
}

const std::string& Options::required(const std::string& flag) const {
  if (!has(flag)) throw Error(Exit::usage, {}, command_ + ": option " + flag + " is missing");
  return all(flag).front();
}

std::string Options::value_or(const std::string& flag, const std::string& otherwise) const {
  return has(flag) ? all(flag).front() : otherwise;
}

int64_t Options::integer_or(const std::string& flag, int64_t otherwise, int64_t low, int64_t high) const {
  if (!has(flag)) return otherwise;
  const std::string& text = all(flag).front();
  const bool digits = !text.empty() && text.size() <= 9 &&
                      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (digits && std::stol(text) >= low && std::stol(text) <= high) return std::stol(text);
  throw Error(Exit::usage, {},
              flag + " " + text + ": not a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace octavo::observe
