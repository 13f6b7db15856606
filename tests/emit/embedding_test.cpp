#include <cmath>
#include <limits>

#include "embed.h"
#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

constexpr size_t kWidth = 12;

struct Row {
  float scale;
  std::vector<float> q;
};

Row quantised_row(const std::vector<float>& table, size_t id) {
  float absmax = 0;
  for (size_t i = 0; i < kWidth; ++i) absmax = std::max(absmax, std::abs(table[id * kWidth + i]));
  Row row{absmax / 127.0F, {}};
  for (size_t i = 0; i < kWidth; ++i) {
    row.q.push_back(std::clamp(std::nearbyint(table[id * kWidth + i] * (127.0F / absmax)), -127.0F, 127.0F));
  }
  return row;
}

TEST(Embed, SumsOfTablesAreExact) {
  const auto words = tensor("embed", "embeddings.word.weight"), types = tensor("embed", "embeddings.type.weight"),
             positions = tensor("embed", "embeddings.position.weight");
  const std::vector<int64_t> ids = {0, 49, 7, 7, 3, 21};
  Runner runner(embed_program(), "embed");
  auto out = runner.run({Array::of(OCTAVO_I64, {2, 3}, ids)});
  std::vector<float> sum, plain;
  for (size_t at = 0; at < ids.size(); ++at) {
    const auto id = static_cast<size_t>(ids[at]);
    const Row word = quantised_row(words, id), place = quantised_row(positions, at % 3);
    for (size_t i = 0; i < kWidth; ++i) {
      const float two = word.scale * word.q[i] + types[i];
      sum.push_back(std::fma(place.scale, place.q[i], two));
      plain.push_back(words[id * kWidth + i]);
    }
  }
  EXPECT_EQ(out["sum"].as<float>(), sum);
  EXPECT_EQ(out["plain"].as<float>(), plain);

  // The first token's rows lie S*12 apart; fma over k ascending, then the bias, then relu.
  const auto w = tensor("embed", "pooler.weight"), bias = tensor("embed", "pooler.bias");
  std::vector<float> pooled;
  for (size_t b = 0; b < 2; ++b) {
    for (size_t n = 0; n < 5; ++n) {
      float acc = 0;
      for (size_t k = 0; k < kWidth; ++k) acc = std::fma(sum[b * 3 * kWidth + k], w[n * kWidth + k], acc);
      pooled.push_back(std::max(0.0F, acc + bias[n]));
    }
  }
  EXPECT_EQ(out["pooled"].as<float>(), pooled);
}

TEST(Embed, AnIdOutsideTheTableIsNamed) {
  embed::Model model(std::string(EMITTED_FOLDER) + "/embed.weights");
  embed::Session session(model);
  const std::vector<int64_t> ids = {1, 50};
  std::vector<float> sum(24), pooled(5), plain(24);
  try {
    session.run({.B = 1, .S = 2, .input_ids = ids}, {.sum = sum, .pooled = pooled, .plain = plain});
    FAIL() << "accepted";
  } catch (const octavo::Error& error) {
    EXPECT_EQ(error.status, octavo::Status::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("input_ids"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("50"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace octavo::emit::test
