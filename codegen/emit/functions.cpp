#include "codegen/emit/functions.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/site.h"

namespace octavo::emit {

namespace {

struct Block {
  std::string title;
  size_t begin, end;  // steps
};

// A block ends where the module path enters another one, or where a module is called again (layers that share their
// weights). Short programs are one block; steps without a path stay in the block they follow.
std::vector<Block> blocks(const std::vector<Step>& steps) {
  constexpr size_t kOneFunction = 24;
  if (steps.size() <= kOneFunction) return {{"forward", 0, steps.size()}};
  std::vector<Block> result;
  std::set<std::string> called;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const bool starts_call = !step.comment.empty() && !step.path.empty();
    const std::string title = starts_call ? block_of(step.path) : "";
    const bool other = starts_call && !result.empty() && !result.back().title.empty() && title != result.back().title;
    const bool again = starts_call && called.contains(step.comment);
    if (result.empty() || other || again) {
      result.push_back({title, i, i});
      called.clear();
    }
    if (starts_call) {
      called.insert(step.comment);
      if (result.back().title.empty()) result.back().title = title;
    }
    result.back().end = i + 1;
  }
  if (result.back().title.empty()) result.back().title = "forward";
  return result;
}

std::string pointer_text(const Buffer& buffer) {
  const std::string type_and_index = "<" + buffer.type + ">(" + std::to_string(buffer.index) + ")";
  switch (buffer.home) {
    case Buffer::Home::input:
      return "run.call.input" + type_and_index;
    case Buffer::Home::output:
      return "run.call.output" + type_and_index;
    case Buffer::Home::section:
      return "run.section" + type_and_index;
    case Buffer::Home::arena:
      return "run.slot" + type_and_index;
  }
  return {};
}

std::string declaration(const Buffer& buffer, bool written) {
  return "  " + std::string(written ? "" : "const ") + buffer.type + "* const " + buffer.name + " = " +
         pointer_text(buffer) + ";" + (buffer.comment.empty() ? "" : "  // " + buffer.comment);
}

// Drops string literals: a site named S is no use of the dim S.
std::string without_strings(const std::string& line) {
  std::string result;
  bool inside = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      inside = !inside;
    } else if (!inside) {
      result += line[i];
    }
  }
  return result;
}

std::vector<std::string> body_lines(const std::vector<Step>& steps, const Block& block,
                                    const std::vector<Buffer>& buffers, const std::set<int>& made_before,
                                    const std::vector<std::string>& dims) {
  std::set<int> written, declared;
  for (size_t i = block.begin; i < block.end; ++i) written.insert(steps[i].writes.begin(), steps[i].writes.end());

  std::vector<std::string> head, rest;
  for (size_t i = block.begin; i < block.end; ++i) {
    const Step& step = steps[i];
    if (!step.comment.empty()) {
      if (!rest.empty()) rest.emplace_back();
      rest.push_back("  // " + step.comment);
    }
    std::set<int> used = step.reads;
    used.insert(step.writes.begin(), step.writes.end());
    for (const int id : used) {
      const Buffer& buffer = buffers[static_cast<size_t>(id)];
      if (buffer.home == Buffer::Home::section || !declared.insert(id).second) continue;
      const bool earlier = buffer.home == Buffer::Home::input || made_before.contains(id);
      (earlier ? head : rest).push_back(declaration(buffer, written.contains(id)));
    }
    rest.insert(rest.end(), step.lines.begin(), step.lines.end());
  }

  std::vector<std::string> lines;
  std::vector<std::string> used_dims;
  for (const std::string& dim : dims) {
    const std::string name = identifier(dim);
    if (std::ranges::any_of(rest, [&](const std::string& line) {
          return mentions(without_strings(line.substr(0, line.find("//"))), name);
        })) {
      used_dims.push_back(name + " = run." + name);
    }
  }
  if (!used_dims.empty()) {
    for (std::string& line : wrapped("const int64_t ", used_dims, ";", 2)) lines.push_back(std::move(line));
  }
  lines.insert(lines.end(), head.begin(), head.end());
  if (!lines.empty() && !rest.empty()) lines.emplace_back();
  lines.insert(lines.end(), rest.begin(), rest.end());
  align_comments(lines);
  return lines;
}

}  // namespace

std::vector<Function> functions(const std::vector<Step>& steps, const std::vector<Buffer>& buffers,
                                const std::vector<std::string>& dims) {
  std::vector<Function> result;
  std::set<int> made;
  std::set<std::string> names;
  for (const Block& block : blocks(steps)) {
    std::string name = identifier(block.title);
    for (int i = 2; !names.insert(name).second; ++i) name = identifier(block.title) + "_" + std::to_string(i);
    result.push_back({name, block.title, body_lines(steps, block, buffers, made, dims)});
    for (size_t i = block.begin; i < block.end; ++i) made.insert(steps[i].writes.begin(), steps[i].writes.end());
  }
  return result;
}

}  // namespace octavo::emit
