#include "codegen/observe/sources.h"

#include <execinfo.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace octavo::observe {

namespace fs = std::filesystem;

namespace {

// Where the running executable lies in memory. dladdr would search LibTorch's half million symbols for every frame.
struct Extent {
  uint64_t base = 0, begin = 0, end = 0;
  [[nodiscard]] bool contains(uint64_t address) const { return begin <= address && address < end; }
};

// The first object that the loader lists is the executable.
int read_extent(dl_phdr_info* info, size_t /*size*/, void* extent) {
  auto& result = *static_cast<Extent*>(extent);
  result = {info->dlpi_addr, UINT64_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    result.begin = std::min(result.begin, info->dlpi_addr + segment.p_vaddr);
    result.end = std::max(result.end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
  }
  return 1;  // no further objects
}

const Extent& executable() {
  static const Extent extent = [] {
    Extent result;
    dl_iterate_phdr(&read_extent, &result);
    return result;
  }();
  return extent;
}

std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer{};
  while (const size_t read = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), read);
  return pclose(pipe) == 0 ? text : std::string();
}

// "file:line", "file:line:column", perhaps with " (discriminator 3)".
base::Place parse_place(std::string text) {
  text = text.substr(0, text.find(" (discriminator"));
  std::array<int, 2> numbers{};  // from the right
  size_t found = 0;
  while (found < 2) {
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon + 1 == text.size()) break;
    if (!std::all_of(text.begin() + static_cast<long>(colon) + 1, text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; }))
      break;
    numbers[found++] = std::atoi(text.c_str() + colon + 1);
    text.resize(colon);
  }
  if (found == 0 || text.empty() || text[0] == '?') return {};
  return found == 2 ? base::Place{text, numbers[1], numbers[0]} : base::Place{text, numbers[0], 0};
}

// Places of each address, inlined callees first.
using Lines = std::map<uint64_t, std::vector<base::Place>>;

Lines symbolise(const std::set<uint64_t>& addresses) {
  std::ostringstream list;
  for (const uint64_t address : addresses) list << " 0x" << std::hex << address;
  const std::string executable = shell_quoted(fs::read_symlink("/proc/self/exe").string());
  std::string text;
  for (const char* tool : {"llvm-symbolizer-19 -f=none", "llvm-symbolizer -f=none", "addr2line"}) {
    text = output_of(std::string(tool) + " -a -i -e " + executable + list.str() + " 2>/dev/null");
    if (!text.empty()) break;
  }
  Lines lines;
  std::istringstream in(text);
  uint64_t current = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("0x", 0) == 0 && line.find(':') == std::string::npos) {
      current = std::strtoull(line.c_str(), nullptr, 16);
    } else if (const base::Place place = parse_place(line); place.line > 0) {
      lines[current].push_back(place);
    }
  }
  return lines;
}

bool is_library(const std::string& file) {
  static const std::array<const char*, 8> kFolders = {
      "/include/torch/", "/include/ATen/",    "/include/c10/",     "/c10/",
      "/octavo/torch.h", "/octavo/observe.h", "/codegen/observe/", "--module"};
  return file.rfind("/usr/", 0) == 0 || std::any_of(kFolders.begin(), kFolders.end(), [&](const char* folder) {
           return file.find(folder) != std::string::npos;
         });
}

// Files of the line table against the spelling that the user gave.
class UserFiles {
 public:
  explicit UserFiles(const std::vector<std::string>& sources) {
    for (const std::string& source : sources) spelled_[normal(source)] = source;
  }
  // The user's spelling, or empty when the file is not one of the given.
  const std::string& given(const std::string& file) {
    const auto [entry, fresh] = known_.try_emplace(file);
    if (fresh) {
      const auto found = spelled_.find(normal(file));
      if (found != spelled_.end()) entry->second = found->second;
    }
    return entry->second;
  }

 private:
  std::map<std::string, std::string> spelled_, known_;
  static std::string normal(const std::string& file) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(file, error);
    return error ? file : path.string();
  }
};

// Short where the file lies below the working directory.
std::string shown(const std::string& file) {
  const std::string below = fs::current_path().string() + "/";
  return file.rfind(below, 0) == 0 ? file.substr(below.size()) : file;
}

}  // namespace

Frames capture_frames() {
  std::array<void*, 96> stack{};
  const int depth = backtrace(stack.data(), static_cast<int>(stack.size()));
  Frames frames;
  for (int i = 0; i < depth; ++i) {
    const auto address = reinterpret_cast<uint64_t>(stack[i]);
    // A return address points behind the call.
    if (executable().contains(address)) frames.push_back(address - executable().base - 1);
  }
  return frames;
}

std::vector<base::Place> places_of(const std::vector<Frames>& stacks, const std::vector<std::string>& sources) {
  std::set<uint64_t> addresses;
  for (const Frames& frames : stacks) addresses.insert(frames.begin(), frames.end());
  std::vector<base::Place> places(stacks.size());
  if (addresses.empty()) return places;
  const Lines lines = symbolise(addresses);
  UserFiles user(sources);
  for (size_t i = 0; i < stacks.size(); ++i) {
    base::Place other;  // innermost outside the libraries, should no given source be on the stack
    for (const uint64_t address : stacks[i]) {
      const auto found = lines.find(address);
      if (found == lines.end()) continue;
      for (const base::Place& place : found->second) {
        if (const std::string& given = user.given(place.file); !given.empty()) {
          if (places[i].file.empty()) places[i] = {given, place.line, place.column};
        } else if (other.file.empty() && !is_library(place.file)) {
          other = {shown(place.file), place.line, place.column};
        }
      }
    }
    if (places[i].file.empty()) places[i] = other;
  }
  return places;
}

}  // namespace octavo::observe
