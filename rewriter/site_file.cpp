#include "rewriter/site_file.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "rewriter/paths.h"

namespace octavo::rewriter {
namespace {

using Json = nlohmann::ordered_json;

Json site_json(const Site& site, const std::filesystem::path& root) {
  return {{"id", site.id},
          {"kind", base::name(site.kind)},
          {"file", below(site.file, root)},
          {"line", site.line},
          {"column", site.column},
          {"last_line", site.last_line},
          {"call", site.call},
          {"status", site.rewritten ? "rewritten" : "skipped"},
          {"rule", site.rule},
          {"reason", site.reason},
          {"module", site.module},
          {"quantizer", site.quantizer},
          {"from", site.from},
          {"to", site.to}};
}

Json remark_json(const Remark& remark, const std::filesystem::path& root) {
  return {{"file", below(remark.file, root)},
          {"line", remark.line},
          {"column", remark.column},
          {"rule", remark.rule},
          {"reason", remark.reason},
          {"id", remark.id},
          {"module", remark.module},
          {"text", remark.text},
          {"lost", remark.lost},
          {"fix", remark.fix},
          {"source", remark.source_line}};
}

Json file_json(const FileResult& file, const std::filesystem::path& root) {
  Json edits = Json::array();
  size_t shift = 0;  // unsigned wrap-around is fine: offset + shift is what counts
  for (const Edit& edit : file.edits) {
    edits.push_back({edit.offset + shift, edit.text, file.original.substr(edit.offset, edit.length)});
    shift += edit.text.size() - edit.length;
  }
  return {{"path", below(file.path, root)}, {"spellings", file.spellings}, {"edits", edits}};
}

}  // namespace

std::string site_report_json(const Result& result, const std::filesystem::path& root) {
  Json sites = Json::array(), files = Json::array(), remarks = Json::array();
  for (const Site& site : result.sites) sites.push_back(site_json(site, root));
  for (const FileResult& file : result.files) files.push_back(file_json(file, root));
  for (const Remark& remark : result.remarks) remarks.push_back(remark_json(remark, root));
  const Json report = {{"schema", 1}, {"sites", sites}, {"remarks", remarks}, {"files", files}};
  // Source text may hold bytes that are not UTF-8: they are replaced, and the file then reverses by structure.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::vector<Edit>> SiteFile::File::undo(const std::string& text) const {
  std::vector<Edit> edits_back;
  size_t done = 0;
  for (const Replaced& edit : edits) {
    if (edit.offset < done || edit.offset > text.size() || text.compare(edit.offset, edit.now.size(), edit.now) != 0)
      return {};
    edits_back.push_back({edit.offset, edit.now.size(), edit.before});
    done = edit.offset + edit.now.size();
  }
  return edits_back;
}

const SiteFile::File* SiteFile::find(const std::string& path) const {
  for (const File& file : files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

SiteFile read_site_file(const std::filesystem::path& path, const std::filesystem::path& root) {
  SiteFile result;
  try {
    const Json json = Json::parse(base::read_file(path));
    if (json.at("schema") != 1)
      throw base::Error(base::Exit::refused, {path.string()}, "a site file of another schema");
    for (const Json& entry : json.at("files")) {
      SiteFile::File file;
      file.path = real_path((root / entry.at("path").get<std::string>()).string());
      entry.at("spellings").get_to(file.spellings);
      for (const Json& edit : entry.at("edits"))
        file.edits.push_back({edit.at(0).get<size_t>(), edit.at(1).get<std::string>(), edit.at(2).get<std::string>()});
      result.files.push_back(std::move(file));
    }
    for (const Json& site : json.at("sites")) {
      if (const auto name = site.at("quantizer").get<std::string>(); !name.empty()) result.quantizers.insert(name);
    }
  } catch (const nlohmann::json::exception& error) {
    throw base::Error(base::Exit::refused, {path.string()}, std::string("not a site file: ") + error.what());
  }
  return result;
}

}  // namespace octavo::rewriter
