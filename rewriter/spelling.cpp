#include "rewriter/spelling.h"

#include <cctype>
#include <set>

namespace octavo::rewriter {
namespace {

bool at(const std::vector<Token>& tokens, size_t i, std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    if (i >= tokens.size() || tokens[i++].text != text) return false;
  }
  return true;
}

// What the file declares about torch::nn, and how often it spells its classes each way.
struct Habits {
  std::set<std::string> aliases;   // namespace nn = torch::nn;
  std::set<std::string> imported;  // using torch::nn::Linear;
  bool torch_open = false;         // using namespace torch;
  bool nn_open = false;            // using namespace torch::nn;
  size_t full = 0, by_alias = 0, by_nn = 0;
};

void count_class(const std::vector<Token>& tokens, size_t i, Habits& habits) {
  if (i + 2 >= tokens.size() || tokens[i + 1].text != "::" || !std::isupper(tokens[i + 2].text[0])) return;
  const bool qualified = i > 0 && tokens[i - 1].text == "::";
  const bool by_torch = qualified && i > 1 && tokens[i - 2].text == "torch";
  if (tokens[i].text == "nn" && by_torch && !(i > 2 && tokens[i - 3].text == "using")) ++habits.full;
  if (qualified) return;
  if (habits.aliases.contains(tokens[i].text)) ++habits.by_alias;
  if (tokens[i].text == "nn") ++habits.by_nn;
}

Habits habits_of(const std::vector<Token>& tokens) {
  Habits habits;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (at(tokens, i, {"namespace"}) && at(tokens, i + 2, {"=", "torch", "::", "nn", ";"}))
      habits.aliases.insert(tokens[i + 1].text);
    if (at(tokens, i, {"using", "namespace", "torch", ";"})) habits.torch_open = true;
    if (at(tokens, i, {"using", "namespace", "torch", "::", "nn", ";"})) habits.nn_open = true;
    if (at(tokens, i, {"using", "torch", "::", "nn", "::"}) && i + 5 < tokens.size())
      habits.imported.insert(tokens[i + 5].text);
    count_class(tokens, i, habits);
  }
  return habits;
}

}  // namespace

std::optional<std::string> usual_spelling(const std::vector<Token>& tokens, const std::string& name) {
  const Habits habits = habits_of(tokens);
  if (habits.imported.contains(name)) return name;
  const bool shortened = !habits.aliases.empty() || habits.torch_open || habits.nn_open;
  if (!shortened) return "torch::nn::" + name;
  if (habits.full > 0)
    return habits.by_alias + habits.by_nn == 0 && !habits.nn_open ? std::optional("torch::nn::" + name) : std::nullopt;
  if (habits.by_alias > 0 && habits.aliases.size() == 1) return *habits.aliases.begin() + "::" + name;
  if (habits.by_nn > 0 && habits.torch_open) return "nn::" + name;
  if (habits.nn_open) return name;
  return std::nullopt;
}

}  // namespace octavo::rewriter
