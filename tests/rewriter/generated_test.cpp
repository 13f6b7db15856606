// Generated programs, many to a translation unit: nothing that the generator wrote may be missed, formatted like people or
// not, and every property of a rewrite must hold. OCTAVO_PROGRAMS says how many; the label `generated` runs a thousand.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "fixture.h"
#include "generator.h"
#include "rewriter/stats.h"

namespace octavo::rewriter {
namespace {

constexpr uint64_t a_pack = 25;

uint64_t programs() {
  const char* given = std::getenv("OCTAVO_PROGRAMS");
  return given ? std::strtoull(given, nullptr, 10) : 2 * a_pack;
}

struct Pack {
  std::string text;
  std::map<std::string, Expected> sites;
};

Pack pack_from(uint64_t first) {
  Pack pack;
  for (uint64_t number = first; number < first + a_pack; ++number) {
    const Program program = generate(number);
    pack.text += program.text;
    for (const auto& [rule, expected] : program.sites) {
      pack.sites[rule].edited += expected.edited;
      pack.sites[rule].stays += expected.stays;
    }
  }
  return pack;
}

void check_counts(const Result& result, const Pack& pack, uint64_t first) {
  for (auto& [rule, stats] : stats_of(result).rules) {
    const auto known = pack.sites.find(rule);
    const Expected expected = known == pack.sites.end() ? Expected() : known->second;
    EXPECT_EQ(stats.edited, expected.edited) << rule << " of the programs from " << first;
    EXPECT_EQ(stats.sites - stats.edited, expected.stays) << rule << " of the programs from " << first;
    EXPECT_EQ(stats.explained(), stats.sites);
  }
}

TEST(Generated, NoSiteIsMissed) {
  for (uint64_t first = 0; first < programs(); first += a_pack) {
    const Pack pack = pack_from(first);
    const Result result = rewrite_text(source(pack.text));
    if (result.exit != base::Exit::done) base::write_file("generated.cpp", pack.text);
    ASSERT_EQ(result.exit, base::Exit::done) << "see generated.cpp";
    check_counts(result, pack, first);
    check_properties(result);

    const Result other = rewrite_text(source(reformatted(pack.text, first)));
    check_counts(other, pack, first);
    check_properties(other);
    std::vector<std::string> ids, other_ids;
    for (const Site& site : result.sites) ids.push_back(site.id);
    for (const Site& site : other.sites) other_ids.push_back(site.id);
    std::sort(ids.begin(), ids.end());
    std::sort(other_ids.begin(), other_ids.end());
    EXPECT_EQ(ids, other_ids) << "white space changed the sites of the programs from " << first;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Generated, TheSameNumberGivesTheSameProgram) {
  EXPECT_EQ(generate(7).text, generate(7).text);
  EXPECT_NE(generate(7).text, generate(8).text);
}

}  // namespace
}  // namespace octavo::rewriter
