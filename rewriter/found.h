// What the rules find in the translation units: plain data, without Clang, keyed by place in a file, so that a header
// seen from two units counts once.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/policy.h"
#include "rewriter/reasons.h"

namespace octavo::rewriter {

// A range of a file's text.
struct Spot {
  std::string file;
  size_t begin = 0, end = 0;
  int line = 0, column = 0;
  friend auto operator<=>(const Spot&, const Spot&) = default;
};

// A type as written: `torch::nn::Linear`, to be replaced.
struct TypeUse {
  Spot spot;
  std::string id;  // Bert.dense
  base::SiteKind kind = base::SiteKind::linear;
  std::string rule, module, replacement;
  std::string home;  // file and offset of the class it stands in: two classes of one name do not share their members
  Stay stays;        // why this place cannot be edited; empty if it can
  // A place that stays normally binds every place with its id: a member declared by a macro keeps its construction.
  bool binding = true;
  // `list[i]->as<torch::nn::Linear>()->forward(x)` would run the float forward of what it finds: such a cast changes too,
  // if every module of this kind does; one that stays would no longer be found.
  bool cast = false, runs = false;
  friend auto operator<=>(const TypeUse&, const TypeUse&) = default;
};

// A tensor on its way into a product or a LayerNorm, to be passed through a Quantizer.
struct Operand {
  Spot spot;
  std::string suffix;  // _lhs
  bool bare = false;   // brings its own parentheses: (a + b).matmul(c) becomes s_lhs(a + b).matmul(s_rhs(c))
};

// A call that a rule matched.
struct Call {
  Spot spot;
  base::SiteKind kind = base::SiteKind::matmul;
  std::string rule;
  std::string module;             // BertSelfAttention; empty outside a class
  std::string function;           // forward
  std::string name;               // scores: what receives the result
  std::vector<Operand> operands;  // those not quantised yet
  std::string owner;              // key into Found::owners
  bool is_const = false;          // stands where *this is const
  Stay stays;
};

// A class that can hold Quantizers.
struct Owner {
  Spot spot;                    // where the members are inserted
  std::string before;           // text before each: newline and indentation, or a space in a class on one line
  std::set<std::string> taken;  // names that a new member must avoid
};

using Units = std::set<std::string>;  // main files

// What a unit takes the text at a spot for: the class that would replace it, or the rule that matched the call.
struct Sight {
  Spot spot;
  std::string what;
  friend auto operator<=>(const Sight&, const Sight&) = default;
};

struct Found {
  std::set<TypeUse> types;
  std::map<Spot, Call> calls;
  std::map<std::string, Owner> owners;
  std::map<std::string, std::string> texts;  // editable files as parsed
  std::map<std::string, Units> units;        // which units saw each of them
  std::map<Sight, Units> sights;
  std::map<Spot, Units> left_out;                // #if regions that mention torch:: and who left them out
  std::map<std::string, std::set<Spot>> hidden;  // unit -> all regions that it left out
};

}  // namespace octavo::rewriter
