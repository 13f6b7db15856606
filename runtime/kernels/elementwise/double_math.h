// The functions that models rarely call (log, sin, cos, pow), through double precision and rounded once to float. Plain
// series and Cody-Waite reductions of correctly rounded operations: no libm, so the same bits everywhere. The error is half
// an ulp of float plus about 1e-9 of it, except sin and cos beyond |x| = 2^40, where the reduction loses digits.
#pragma once

namespace octavo {

float log_f32(float x);
float sin_f32(float x);
float cos_f32(float x);

// As C's powf, and exact products for the exponents 0, 1, 2 and 3.
float pow_f32(float x, float y);

}  // namespace octavo
