#include "codegen/observe/names.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace octavo::observe {

namespace {

constexpr std::array<const char*, 9> kPrefixes = {"bert.",      "roberta.",     "distilbert.",  "albert.", "electra.",
                                                  "camembert.", "xlm_roberta.", "transformer.", "model."};

bool ends_with_segment(const std::string& name, const std::string& ending) {
  return name == ending || name.ends_with("." + ending);
}

// Computed by the model itself; old checkpoints carry them.
bool ignorable(const std::string& name) {
  static const std::array<const char*, 5> kEndings = {"position_ids", "token_type_ids", "attn.bias", "attn.masked_bias",
                                                      "attention.bias"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](const char* ending) { return ends_with_segment(name, ending); });
}

std::string modern(const std::string& name) {
  const auto replaced = [&](const std::string& old, const std::string& now) {
    return name.substr(0, name.size() - old.size()) + now;
  };
  if (name.ends_with("LayerNorm.gamma")) return replaced("gamma", "weight");
  if (name.ends_with("LayerNorm.beta")) return replaced("beta", "bias");
  return name;
}

// File names by the name they have in the model's terms.
using Names = std::map<std::string, std::string>;

size_t hits(const Names& names, const std::set<std::string>& wanted) {
  return static_cast<size_t>(
      std::count_if(names.begin(), names.end(), [&](const auto& entry) { return wanted.contains(entry.first); }));
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

class Matcher {
 public:
  Matcher(const std::vector<ModelTensor>& model, const std::map<std::string, base::TensorInfo>& file)
      : model_(model), file_(file) {
    for (const ModelTensor& tensor : model) wanted_.insert(tensor.name);
  }

  Matching match(const std::string& path) {
    choose_prefix();
    for (const ModelTensor& tensor : model_) place(tensor);
    for (const auto& [name, file_name] : names_) {
      if (wanted_.contains(name)) continue;
      if (ignorable(name)) {
        result_.notes.push_back("'" + file_name + "' is computed by the model; the file's is not read");
      } else {
        problems_.push_back("extra: '" + file_name + "' " + shape_text(file_.at(file_name).shape));
      }
    }
    if (problems_.empty()) return std::move(result_);
    std::string list;
    for (const std::string& problem : problems_) list += "\n  " + problem;
    throw base::Error(base::Exit::refused, {path},
                      "does not hold the tensors of the model: " + std::to_string(problems_.size()) +
                          (problems_.size() == 1 ? " problem" : " problems") + list,
                      "check that the module expression and its configuration belong to this checkpoint");
  }

 private:
  const std::vector<ModelTensor>& model_;
  const std::map<std::string, base::TensorInfo>& file_;
  std::set<std::string> wanted_;
  Names names_;
  Matching result_;
  std::vector<std::string> problems_;

  Names stripped(const std::string& prefix, std::vector<std::string>* outside) const {
    Names names;
    for (const auto& [name, info] : file_) {
      if (name.rfind(prefix, 0) == 0) {
        names[modern(name.substr(prefix.size()))] = name;
      } else if (outside != nullptr) {
        outside->push_back(name);
      }
    }
    return names;
  }
  Names prefixed(const std::string& prefix) const {
    Names names;
    for (const auto& [name, info] : file_) {
      const std::string now = modern(name);
      names[wanted_.contains(now) ? now : prefix + now] = name;
    }
    return names;
  }

  // The reading of the file's names under which most of the model's are found; the plain one wins ties.
  void choose_prefix() {
    names_ = stripped("", nullptr);
    size_t best = hits(names_, wanted_);
    std::string note;
    std::vector<std::string> outside;
    for (const char* prefix : kPrefixes) {
      std::vector<std::string> left;
      if (Names names = stripped(prefix, &left); hits(names, wanted_) > best) {
        best = hits(names, wanted_);
        names_ = std::move(names);
        outside = std::move(left);
        note = std::string("prefix '") + prefix + "' of the file's names is stripped";
      }
      if (Names names = prefixed(prefix); hits(names, wanted_) > best) {
        best = hits(names, wanted_);
        names_ = std::move(names);
        outside.clear();
        note = std::string("prefix '") + prefix + "' is added to the file's names";
      }
    }
    if (!note.empty()) result_.notes.push_back(note);
    for (const std::string& name : outside) {
      // A name outside the prefix may still be the model's own (tied heads keep theirs).
      if (wanted_.contains(modern(name))) {
        names_[modern(name)] = name;
      } else {
        result_.notes.push_back("'" + name + "' belongs to another head; it is not read");
      }
    }
    for (const auto& [name, file_name] : names_) {
      if (file_name.ends_with("LayerNorm.gamma")) {
        result_.notes.push_back("LayerNorm.gamma and beta are read as weight and bias");
        break;
      }
    }
  }

  void place(const ModelTensor& tensor) {
    const auto found = names_.find(tensor.name);
    if (found == names_.end()) return missing(tensor);
    const base::TensorInfo& info = file_.at(found->second);
    const bool known_float = info.dtype == "F32" || info.dtype == "F16" || info.dtype == "BF16";
    const bool dtype_fits = tensor.floating ? known_float : info.dtype == tensor.dtype;
    if (tensor.buffer && ignorable(tensor.name) && (info.shape != tensor.shape || !dtype_fits)) {
      result_.notes.push_back("'" + tensor.name + "' stays as the model computes it");
      return;
    }
    if (info.shape != tensor.shape) {
      problems_.push_back("shape: '" + found->second + "' is " + shape_text(info.shape) + ", the model has " +
                          shape_text(tensor.shape));
    } else if (!dtype_fits) {
      problems_.push_back("dtype: '" + found->second + "' is " + info.dtype + ", the model has " + tensor.dtype);
    } else {
      result_.file_name[tensor.name] = found->second;
    }
  }

  void missing(const ModelTensor& tensor) {
    // One name of a tied pair is enough, whichever the file has.
    for (const ModelTensor& other : model_) {
      const bool tied = other.name != tensor.name && (other.tied_to.empty() ? other.name : other.tied_to) ==
                                                         (tensor.tied_to.empty() ? tensor.name : tensor.tied_to);
      if (tied && names_.contains(other.name)) return;
    }
    if (tensor.buffer && ignorable(tensor.name)) {
      result_.notes.push_back("'" + tensor.name + "' is not in the file and stays as constructed");
      return;
    }
    std::vector<std::string> candidates;
    for (const auto& [name, file_name] : names_) {
      if (!wanted_.contains(name)) candidates.push_back(name);
    }
    const std::string near = base::nearest(tensor.name, candidates);
    problems_.push_back("missing: '" + tensor.name + "' " + shape_text(tensor.shape) +
                        (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
};

}  // namespace

Matching match_names(const std::vector<ModelTensor>& model, const std::map<std::string, base::TensorInfo>& file,
                     const std::string& path) {
  return Matcher(model, file).match(path);
}

}  // namespace octavo::observe
