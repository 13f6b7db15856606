#include "codegen/calibrate/samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/files.h"
#include "base/safetensors.h"

namespace octavo::calibrate {
namespace {

const std::vector<InputDecl> kBert = parse_inputs({"ids:int64[B,S]", "mask:int64[B,S]"});

template <typename T>
std::vector<T> values(const SampleTensor& tensor) {
  std::vector<T> result(tensor.bytes.size() / sizeof(T));
  std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
  return result;
}

std::filesystem::path scratch(const std::string& name) { return std::filesystem::path(::testing::TempDir()) / name; }

// "line: cause" of the refusal.
template <typename Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.exit, base::Exit::refused);
    return std::to_string(error.place.line) + ": " + error.cause;
  }
  return "no error";
}
std::string refused_line(const std::string& text, const std::vector<InputDecl>& inputs = kBert) {
  return refusal([&] { (void)parse_jsonl(text, inputs, "samples.jsonl"); });
}

TEST(Samples, ALineLeavesOutTheBatch) {
  const auto samples =
      parse_jsonl("{\"ids\": [101, 7, 102], \"mask\": [1, 1, 0]}\n\n{\"mask\": [1], \"ids\": [5]}\r\n", kBert, "f");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].inputs[0].shape, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(values<int64_t>(samples[0].inputs[0]), (std::vector<int64_t>{101, 7, 102}));
  EXPECT_EQ(samples[0].sizes, (graph::Dim::Sizes{{"B", 1}, {"S", 3}}));
  EXPECT_EQ(samples[1].line, 3);
  EXPECT_EQ(values<int64_t>(samples[1].inputs[0]), std::vector<int64_t>{5});
}

TEST(Samples, ALineKeepsAllDimsWithoutACommonBatch) {
  const auto inputs = parse_inputs({"x:f32[T,2]", "n:int32[]", "flag:bool[U]"});
  const auto samples = parse_jsonl(R"({"x": [[1, 2.5], [-3, 4e-1]], "n": -7, "flag": [true, 0, 1]})", inputs, "f");
  EXPECT_EQ(samples[0].inputs[0].shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(values<float>(samples[0].inputs[0]), (std::vector<float>{1, 2.5F, -3, 0.4F}));
  EXPECT_EQ(values<int32_t>(samples[0].inputs[1]), std::vector<int32_t>{-7});
  EXPECT_EQ(values<uint8_t>(samples[0].inputs[2]), (std::vector<uint8_t>{1, 0, 1}));
}

TEST(Samples, LimitStopsReading) {
  EXPECT_EQ(parse_jsonl("{\"ids\": [1], \"mask\": [1]}\n{\"ids\": [1], \"mask\": [1]}\nnot read", kBert, "f", 2).size(),
            2U);
}

TEST(Samples, RefuseBadLinesByNumber) {
  const std::string good = "{\"ids\": [1, 2], \"mask\": [1, 1]}\n";
  const auto second = [&](const std::string& line) { return refused_line(good + line); };
  EXPECT_EQ(second("{\"ids\": [1, 2], \"masks\": [1, 1]}"), "2: there is no input 'masks'");
  EXPECT_EQ(second("{\"ids\": [1, 2]}"), "2: input 'mask' is missing");
  EXPECT_EQ(second("{\"ids\": [1, 2.5], \"mask\": [1, 1]}"), "2: input 'ids' (ids:int64[B,S]): 2.5 is not an integer");
  EXPECT_EQ(second("{\"ids\": [1, \"2\"], \"mask\": [1, 1]}"),
            "2: input 'ids' (ids:int64[B,S]): \"2\" is not an integer");
  EXPECT_EQ(second("{\"ids\": [1, null], \"mask\": [1, 1]}"),
            "2: input 'ids' (ids:int64[B,S]): null is not an integer");
  EXPECT_EQ(second("{\"ids\": [[1, 2]], \"mask\": [1, 1]}"),
            "2: input 'ids' (ids:int64[B,S]): expected 1 level of lists, found more");
  EXPECT_EQ(second("{\"ids\": 1, \"mask\": [1, 1]}"),
            "2: input 'ids' (ids:int64[B,S]): expected 1 level of lists, found 1 at level 1");
  EXPECT_EQ(second("{\"ids\": [1, 2, 3], \"mask\": [1, 1]}"),
            "2: input 'mask' (mask:int64[B,S]): dim 1 has size 2, but S is 3");
  EXPECT_EQ(second("{\"ids\": [], \"mask\": []}"), "2: input 'ids' (ids:int64[B,S]): dim 1 is empty");
  EXPECT_EQ(second("{\"ids\": [1], \"ids\": [2], \"mask\": [1]}"), "2: input 'ids' is given twice");
  EXPECT_EQ(second("[1, 2]"), "2: is not a JSON object");
  EXPECT_NE(second("{\"ids\": [NaN], \"mask\": [1]}").find("2: is not JSON"), std::string::npos);
  EXPECT_NE(second("{\"ids\": [1, 2").find("2: is not JSON"), std::string::npos);
  EXPECT_EQ(second("{\"ids\": [18446744073709551615], \"mask\": [1]}"),
            "2: input 'ids' (ids:int64[B,S]): 18446744073709551615 does not fit i64");
  EXPECT_EQ(second("{\"ids\": [1e400], \"mask\": [1]}").substr(0, 2), "2:");
}

TEST(Samples, RefuseNumbersBeyondTheirDtype) {
  const auto line = [](const char* declaration, const char* text) {
    return refused_line(text, parse_inputs({declaration}));
  };
  EXPECT_EQ(line("x:int32[B,S]", R"({"x": [2147483648]})"), "1: input 'x' (x:int32[B,S]): 2147483648 does not fit i32");
  EXPECT_EQ(line("x:bool[B,S]", R"({"x": [2]})"), "1: input 'x' (x:bool[B,S]): 2 does not fit bool");
  EXPECT_EQ(line("x:f32[B,S]", R"({"x": [1e39]})"), "1: input 'x' (x:float32[B,S]): 1e+39 does not fit float32");
  EXPECT_EQ(line("x:f32[B,S]", R"({"x": [true]})"), "1: input 'x' (x:float32[B,S]): true is not a number");
}

TEST(Samples, RefuseRaggedLists) {
  EXPECT_EQ(refused_line(R"({"x": [[1, 2], [3]]})", parse_inputs({"x:int64[B,S,T]"})),
            "1: input 'x' (x:int64[B,S,T]): ragged lists: one has 2 elements, another 1");
}

TEST(Samples, RefuseFilesWithoutSamples) {
  EXPECT_EQ(refused_line(""), "0: holds no samples");
  EXPECT_EQ(refused_line("\n \n"), "0: holds no samples");
}

TEST(Samples, RefuseAnotherKindOfFile) {
  EXPECT_THROW((void)read_samples(scratch("samples.csv"), kBert), base::Error);
  EXPECT_THROW((void)read_samples(scratch("absent.jsonl"), kBert), base::Error);
}

TEST(Samples, ReadSafetensorsByName) {
  const std::vector<int64_t> ids = {1, 2, 3, 4, 5, 6}, mask(6, 1);
  base::write_safetensors(scratch("s.safetensors"),
                          {{"mask", {"I64", {2, 3}}, mask.data()}, {"ids", {"I64", {2, 3}}, ids.data()}});
  const auto samples = read_samples(scratch("s.safetensors"), kBert);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(values<int64_t>(samples[0].inputs[0]), ids);
  EXPECT_EQ(samples[0].sizes, (graph::Dim::Sizes{{"B", 2}, {"S", 3}}));
}

TEST(Samples, RefuseSafetensorsThatDoNotFit) {
  const std::vector<int64_t> integers(6, 1);
  const std::vector<float> floats = {0, 1, NAN};
  const auto file = [&](const std::vector<base::TensorToWrite>& tensors, const std::vector<InputDecl>& inputs) {
    base::write_safetensors(scratch("bad.safetensors"), tensors);
    return refusal([&] { (void)read_samples(scratch("bad.safetensors"), inputs); });
  };
  const auto one = parse_inputs({"x:int64[B,S]"});
  EXPECT_EQ(file({{"x", {"I32", {1, 3}}, integers.data()}}, one), "0: input 'x' (x:int64[B,S]): the file holds I32");
  EXPECT_EQ(file({{"x", {"I64", {6}}, integers.data()}}, one),
            "0: input 'x' (x:int64[B,S]): the file holds rank 1, declared is rank 2");
  EXPECT_EQ(file({{"y", {"I64", {2, 3}}, integers.data()}}, one), "0: there is no input 'y'");
  EXPECT_EQ(file({{"x", {"F32", {3}}, floats.data()}}, parse_inputs({"x:f32[S]"})),
            "0: input 'x' (x:float32[S]): element 2 is not finite");
  EXPECT_EQ(file({{"x", {"I64", {2, 3}}, integers.data()}}, parse_inputs({"x:int64[B,4]"})),
            "0: input 'x' (x:int64[B,4]): dim 1 has size 3, but it is declared as 4");
}

}  // namespace
}  // namespace octavo::calibrate
