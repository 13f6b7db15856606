// ATen calls in, vocabulary out.
#include "base/error.h"
#include "codegen/graph/text.h"
#include "codegen/passes/passes.h"
#include "tests/passes/graphs.h"
#include "tests/passes/reference/reference.h"

namespace octavo::test {
namespace {

// Values that the cases read; %y is their result.
const std::string kInputs =
    "graph g(B, S)\n"
    "input %x: f32[B, S, 6]\n"
    "input %z: f32[B, S, 6]\n"
    "input %v: f32[6]\n"
    "input %i: i64[B, S]\n"
    "input %c: bool[B, S, 1]\n"
    "weight %w: f32[4, 6] = \"w\"\n"
    "weight %bias: f32[4] = \"bias\"\n"
    "weight %scalar: f32[] = \"scalar\"\n";

std::string lowered(const std::string& statements) {
  return calls(through(passes::lower_aten, kInputs + statements + "output \"output\" = %y\n"));
}

struct Case {
  const char* before;
  const char* after;
};

class Lowers : public testing::TestWithParam<Case> {};

TEST_P(Lowers, To) {
  const std::string after = lowered(std::string(GetParam().before) + "\n");
  EXPECT_EQ(after, std::string(GetParam().after) + (*GetParam().after != '\0' ? "\n" : ""));
}

INSTANTIATE_TEST_SUITE_P(
    Movement, Lowers,
    testing::Values(
        Case{"%y: f32[B, S, 2, 3] = aten.view(%x) {size = [B, S, 2, -1]}",
             "%y: f32[B, S, 2, 3] = reshape(%x) {shape = [B, S, 2, 3]}"},
        Case{"%y: f32[6*B*S] = aten.flatten.using_ints(%x) {start_dim = 0, end_dim = -1}",
             "%y: f32[6*B*S] = reshape(%x) {shape = [6*B*S]}"},
        Case{"%y: f32[6, S, B] = aten.transpose.int(%x) {dim0 = 0, dim1 = -1}",
             "%y: f32[6, S, B] = permute(%x) {dims = [2, 1, 0]}"},
        Case{"%y: f32[6, B, S] = aten.permute(%x) {dims = [-1, 0, 1]}",
             "%y: f32[6, B, S] = permute(%x) {dims = [2, 0, 1]}"},
        Case{"%y: f32[B, S, 6] = aten.expand(%v) {size = [B, S, -1], implicit = false}",
             "%y: f32[B, S, 6] = expand(%v) {shape = [B, S, 6]}"},
        Case{"%y: f32[B, S, 2] = aten.slice.Tensor(%x) {dim = -1, start = -2, end = 9223372036854775807, step = 1}",
             "%y: f32[B, S, 2] = slice(%x) {dim = 2, end = 6, start = 4, step = 1}"},
        Case{"%y: f32[B, S, 3] = aten.slice.Tensor(%x) {dim = 2, start = 0, end = 9223372036854775807, step = 2}",
             "%y: f32[B, S, 3] = slice(%x) {dim = 2, end = 6, start = 0, step = 2}"},
        Case{"%y: f32[B, 6] = aten.select.int(%x) {dim = 1, index = -1}",
             "%9: f32[B, 1, 6] = slice(%x) {dim = 1, end = S, start = S - 1, step = 1}\n"
             "%y: f32[B, 6] = reshape(%9) {shape = [B, 6]}"},
        Case{"%y: f32[B, S, 3] = aten.narrow(%x) {dim = 2, start = 1, length = 3}",
             "%y: f32[B, S, 3] = slice(%x) {dim = 2, end = 4, start = 1, step = 1}"},
        Case{"%y: f32[B, 2*S, 6] = aten.cat(%x, %z) {dim = -2}", "%y: f32[B, 2*S, 6] = cat(%x, %z) {dim = 1}"},
        Case{"%a, %y: f32[B, S, 3], f32[B, S, 3] = aten.chunk(%x) {chunks = 2, dim = -1}",
             "%y: f32[B, S, 3] = slice(%x) {dim = 2, end = 6, start = 3, step = 1}"},
        Case{"%a, %y: f32[B, S, 4], f32[B, S, 2] = aten.split.Tensor(%x) {split_size = 4, dim = -1}",
             "%y: f32[B, S, 2] = slice(%x) {dim = 2, end = 6, start = 4, step = 1}"},
        Case{"%d: f32[B, S, 6] = aten.detach(%x)\n%y: f32[B, S, 6] = aten.neg(%d)", "%y: f32[B, S, 6] = neg(%x)"},
        Case{"%d: f32[B, S, 6] = aten.dropout(%x) {p = 0.1, train = false}\n%y: f32[B, S, 6] = aten.abs(%d)",
             "%y: f32[B, S, 6] = abs(%x)"},
        Case{"%y: f32[B, S] = aten.to.dtype(%i) {dtype = \"f32\"}", "%y: f32[B, S] = cast(%i) {dtype = \"f32\"}"}));

INSTANTIATE_TEST_SUITE_P(
    Elementwise, Lowers,
    testing::Values(
        Case{"%y: f32[B, S, 6] = aten.add.Tensor(%x, %v) {alpha = 1}", "%y: f32[B, S, 6] = add(%x, %v)"},
        Case{"%y: f32[B, S, 6] = aten.add_.Tensor(%x, %v) {alpha = 1}", "%y: f32[B, S, 6] = add(%x, %v)"},
        Case{"%y: f32[B, S, 6] = aten.sub.Tensor(%x, %z) {alpha = 2}",
             "%9: f32[B, S, 6] = mul(%z) {scalar = 2.0}\n%y: f32[B, S, 6] = sub(%x, %9)"},
        Case{"%y: f32[B, S, 6] = aten.rsub.Scalar(%x) {other = 1, alpha = 1}",
             "%y: f32[B, S, 6] = sub(%x) {reversed = true, scalar = 1.0}"},
        Case{"%y: f32[B, S] = aten.rsub.Scalar(%i) {other = 1.0, alpha = 1}",
             "%9: f32[B, S] = cast(%i) {dtype = \"f32\"}\n%y: f32[B, S] = sub(%9) {reversed = true, scalar = 1.0}"},
        Case{"%y: i64[B, S] = aten.add.Scalar(%i) {other = 2, alpha = 1}", "%y: i64[B, S] = add(%i) {scalar = 2}"},
        Case{"%y: f32[B, S] = aten.div.Scalar(%i) {other = 2}",
             "%9: f32[B, S] = cast(%i) {dtype = \"f32\"}\n%y: f32[B, S] = div(%9) {scalar = 2.0}"},
        Case{"%y: i64[B, S] = aten.div.Scalar_mode(%i) {other = 2, rounding_mode = \"trunc\"}",
             "%y: i64[B, S] = div(%i) {scalar = 2}"},
        Case{
            "%y: f32[B, S, 6] = aten.mul.Scalar(%x) {other = S}",
            "%9: i64[] = full() {value = S}\n%10: f32[] = cast(%9) {dtype = \"f32\"}\n%y: f32[B, S, 6] = mul(%x, %10)"},
        Case{"%y: f32[B, S, 6] = aten.pow.Tensor_Scalar(%x) {exponent = 2}", "%y: f32[B, S, 6] = mul(%x, %x)"},
        Case{"%y: f32[B, S, 6] = aten.reciprocal(%x)", "%y: f32[B, S, 6] = div(%x) {reversed = true, scalar = 1.0}"},
        Case{"%y: f32[B, S, 6] = aten.clamp(%x) {min = -1, max = 2.5}",
             "%9: f32[B, S, 6] = maximum(%x) {scalar = -1.0}\n%y: f32[B, S, 6] = minimum(%9) {scalar = 2.5}"},
        Case{"%y: bool[B, S] = aten.ne.Scalar(%i) {other = 1}", "%y: bool[B, S] = ne(%i) {scalar = 1}"},
        Case{"%y: bool[B, S] = aten.gt.Scalar(%i) {other = 0.5}",
             "%9: f32[B, S] = cast(%i) {dtype = \"f32\"}\n%y: bool[B, S] = gt(%9) {scalar = 0.5}"},
        Case{"%y: f32[B, S, 6] = aten.masked_fill.Scalar(%x, %c) {value = -inf}",
             "%y: f32[B, S, 6] = where(%c, %x) {scalar_a = -inf}"},
        Case{"%y: f32[B, S, 6] = aten.where.ScalarOther(%c, %x) {other = 0}",
             "%y: f32[B, S, 6] = where(%c, %x) {scalar_b = 0.0}"},
        Case{"%y: f32[B, S, 6] = aten.gelu(%x) {approximate = \"tanh\"}",
             "%y: f32[B, S, 6] = gelu(%x) {approximate = \"tanh\"}"},
        Case{"%y: bool[B, S, 1] = aten.bitwise_not(%c)", "%y: bool[B, S, 1] = logical_not(%c)"},
        Case{"%y: f32[B, S] = aten.sqrt(%i)", "%9: f32[B, S] = cast(%i) {dtype = \"f32\"}\n%y: f32[B, S] = sqrt(%9)"}));

INSTANTIATE_TEST_SUITE_P(
    Rest, Lowers,
    testing::Values(Case{"%y: f32[B, 6] = aten.mean.dim(%x) {dim = [-2], keepdim = false}",
                         "%y: f32[B, 6] = mean(%x) {dims = [1], keepdim = false}"},
                    Case{"%y: i64[] = aten.sum(%i)", "%y: i64[] = sum(%i) {dims = [0, 1], keepdim = false}"},
                    Case{"%y: f32[B, S, 1] = aten.amax(%x) {dim = [-1], keepdim = true}",
                         "%y: f32[B, S, 1] = max(%x) {dims = [2], keepdim = true}"},
                    Case{"%y: i64[B, S] = aten.cumsum(%i) {dim = -1}", "%y: i64[B, S] = cumsum(%i) {dim = 1}"},
                    Case{"%y: f32[B, S, 6] = aten._softmax(%x) {dim = -1, half_to_float = false}",
                         "%y: f32[B, S, 6] = softmax(%x) {dim = 2}"},
                    Case{"%y: f32[B, S, 4] = aten.linear(%x, %w, none)", "%y: f32[B, S, 4] = linear(%x, %w, none)"},
                    Case{"%t: f32[6, 4] = aten.t(%w)\n%f: f32[B*S, 6] = aten.view(%x) {size = [-1, 6]}\n"
                         "%y: f32[B*S, 4] = aten.addmm(%bias, %f, %t) {beta = 1, alpha = 1}",
                         "%f: f32[B*S, 6] = reshape(%x) {shape = [B*S, 6]}\n%y: f32[B*S, 4] = linear(%f, %w, %bias)"},
                    Case{"%y: f32[B, S] = aten.matmul(%x, %v)",
                         "%9: f32[6, 1] = reshape(%v) {shape = [6, 1]}\n%10: f32[B, S, 1] = matmul(%x, %9)\n"
                         "%y: f32[B, S] = reshape(%10) {shape = [B, S]}"},
                    Case{"%y: f32[B, S, 6] = octavo.embedding(%w, %i) {padding_idx = 0, site = \"e\"}",
                         "%y: f32[B, S, 6] = embedding(%w, %i) {site = \"e\"}"},
                    Case{"%y: f32[B, S, 6] = octavo.quantize(%x) {site = \"q\"}",
                         "%y: f32[B, S, 6] = quantize(%x) {site = \"q\"}"},
                    Case{"%y: f32[B, S, 6] = aten.layer_norm(%x, %v, none) {normalized_shape = [6], eps = 1e-05}",
                         "%y: f32[B, S, 6] = layer_norm(%x, %v, none) {eps = 1e-05}"},
                    Case{"%y: i64[B, S] = aten.zeros_like(%i)", "%y: i64[B, S] = full() {value = 0}"},
                    Case{"%y: i64[S] = aten.arange(none) {end = S}", "%y: i64[S] = arange() {start = 0, step = 1}"}));

TEST(LowerAten, ListsEveryUnknownOperator) {
  const std::string error = error_of([] {
    (void)lowered(
        "%a: f32[B, S, 6] = aten.cdist(%x, %z) @ model.cpp:10:3\n"
        "%b: f32[B, S, 6] = aten.neg(%a) @ model.cpp:11\n"
        "%y: i64[B, S, 2] = aten.multinomial(%b) {num_samples = 2} @ model.cpp:12:5\n");
  });
  EXPECT_EQ(error.find("model.cpp:10:3: error: 2 calls cannot be compiled"), 0U) << error;
  EXPECT_NE(error.find("model.cpp:10:3: error: no lowering for aten.cdist"), std::string::npos) << error;
  EXPECT_NE(error.find("model.cpp:12:5: error: no lowering for aten.multinomial"), std::string::npos) << error;
  EXPECT_NE(error.find("leave sampling to the caller"), std::string::npos) << error;
}

TEST(LowerAten, RefusesWhatItCannotSay) {
  struct Bad {
    const char* statement;
    const char* cause;
  };
  for (const Bad& bad : std::initializer_list<Bad>{
           {"%y: f32[B, S, 6] = aten.dropout(%x) {p = 0.1, train = true} @ m.cpp:3\n", "training mode"},
           {"%y: f32[B, S, 6] = aten.index_put(%x, %c, %z) {accumulate = false} @ m.cpp:3\n", "values by a mask"},
           {"%y: f32[B, S] = aten.einsum(%x, %x, %x) {equation = \"bsd,bsd,bsd->bs\"} @ m.cpp:3\n", "two operands"},
           {"%y: f32[B, S] = aten.einsum(%x) {equation = \"bss->bs\"} @ m.cpp:3\n", "twice in one term"},
           {"%y: f32[B, S, 6] = aten.roll(%x) {shifts = [3], dims = [1]} @ m.cpp:3\n", "may be shorter"},
           {"%y: f32[B, S, 8] = aten.pad(%x) {pad = [1, 1], mode = \"reflect\"} @ m.cpp:3\n", "copies values"},
           {"%y: f32[B, S] = aten.norm.ScalarOpt_dim(%x) {p = 3, dim = [2], keepdim = false} @ m.cpp:3\n",
            "other than 1, 2"},
           {"%y: f32[B, S, 7] = aten.view(%x) {size = [B, S, 7]} @ m.cpp:3\n", "cannot view"},
           {"%y: f32[B, S, 6] = aten.transpose.int(%x) {dim0 = 0, dim1 = 3} @ m.cpp:3\n", "dim 3"},
           {"%y: f64[B, S, 6] = aten.to.dtype(%x) {dtype = \"f64\"} @ m.cpp:3\n", "its result is f64"},
           {"%y: i64[B, S] = aten.bitwise_and.Tensor(%i, %i) @ m.cpp:3\n", "bits of integers"}}) {
    const std::string error = error_of([&] { (void)lowered(bad.statement); });
    EXPECT_EQ(error.find("m.cpp:3: error: "), 0U) << error;
    EXPECT_NE(error.find(bad.cause), std::string::npos) << error;
  }
}

// What lowers to several calls computes the right numbers.
double computed(const std::string& statement, const Arrays& given, const graph::Dim::Sizes& sizes, size_t at) {
  const graph::Graph graph = passes::lower_aten(graph::parse(kInputs + statement + "output \"output\" = %y\n"));
  return evaluate(graph, given, sizes).at("output").data.at(at);
}

TEST(LowerAten, FloorDivisionAndRemainderRoundDown) {
  const graph::Dim::Sizes sizes{{"B", 1}, {"S", 7}};
  Arrays given = random_arrays(graph::parse(kInputs + "output \"output\" = %x\n"), sizes, 1);
  given["i"].data = {-7, -6, -1, 0, 1, 5, 6};
  const std::vector<double> floors = {-3, -2, -1, 0, 0, 1, 2}, rests = {2, 0, 2, 0, 1, 2, 0};
  for (size_t at = 0; at < 7; ++at) {
    EXPECT_EQ(computed("%y: i64[B, S] = aten.floor_divide.Scalar(%i) {other = 3}\n", given, sizes, at), floors[at]);
    EXPECT_EQ(computed("%y: i64[B, S] = aten.remainder.Scalar(%i) {other = 3}\n", given, sizes, at), rests[at]);
  }
}

TEST(LowerAten, TrianglesKeepTheirSide) {
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 6}};
  const Arrays given = random_arrays(graph::parse(kInputs + "output \"output\" = %x\n"), sizes, 1);
  for (const int diagonal : {-1, 0, 2}) {
    const std::string k = std::to_string(diagonal);
    for (size_t row = 0; row < 6; ++row) {
      for (size_t column = 0; column < 6; ++column) {
        const size_t at = 36 + row * 6 + column;
        const int64_t offset = static_cast<int64_t>(column) - static_cast<int64_t>(row);
        const double x = given.at("x").data[at];
        EXPECT_EQ(computed("%y: f32[B, S, 6] = aten.tril(%x) {diagonal = " + k + "}\n", given, sizes, at),
                  offset <= diagonal ? x : 0);
        EXPECT_EQ(computed("%y: f32[B, S, 6] = aten.triu(%x) {diagonal = " + k + "}\n", given, sizes, at),
                  offset >= diagonal ? x : 0);
      }
    }
  }
}

TEST(LowerAten, RepeatAndStackPlaceTheirParts) {
  const graph::Dim::Sizes sizes{{"B", 2}, {"S", 3}};
  const Arrays given = random_arrays(graph::parse(kInputs + "output \"output\" = %x\n"), sizes, 1);
  const std::vector<double>& x = given.at("x").data;
  for (size_t at = 0; at < 2 * x.size(); ++at) {
    EXPECT_EQ(computed("%y: f32[2*B, S, 6] = aten.repeat(%x) {repeats = [2, 1, 1]}\n", given, sizes, at),
              x[at % x.size()]);
    EXPECT_EQ(computed("%y: f32[B, S, 12] = aten.repeat(%x) {repeats = [1, 1, 2]}\n", given, sizes, at),
              x[at / 12 * 6 + at % 6]);
    EXPECT_EQ(computed("%y: f32[B, S, 6, 2] = aten.stack(%x, %z) {dim = -1}\n", given, sizes, at),
              (at % 2 == 0 ? x : given.at("z").data)[at / 2]);
  }
}

TEST(LowerAten, LeavesTheVocabularyAlone) {
  expect_unchanged(passes::lower_aten, kInputs + "%y: f32[B, S, 6] = add(%x, %z) @ m.cpp:1\noutput \"output\" = %y\n");
}

}  // namespace
}  // namespace octavo::test
