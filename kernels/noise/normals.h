#pragma once

#include "kernels/lanes/arithmetic.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The reproducible map from random words to standard normals: Box–Muller made of +, −, ×, fma, √ and integer operations
// only, so that every target gives the same bits. No libm, no hardware approximation. F is float or a pack of floats; W
// the words of the same shape. Tests: normals_test.cpp (error bounds over all exponents, moments, tails; every one of
// the 2³² inputs of each map in the long tests).

/// c₀ + c₁x + … by Horner's rule with fma.
template <class F>
STATIONARY_HD F horner(F, float c) {
    return F(c);
}
template <class F, class... Rest>
STATIONARY_HD F horner(F x, float c, Rest... rest) {
    return fused_multiply_add(horner(x, rest...), x, F(c));
}

/// −2 ln u for u = (w + ½)·2⁻³², rounded to float: the squared radius of a pair of normals.
///
/// u = 2^e·(1 + t) with 1 + t in [√½, √2); −2 ln(1 + t) = t·p(t), p the minimax polynomial of degree 7 for the relative
/// error (1.7e-7 before rounding). Relative error of the result against −2 ln of the rounded u: below 4e-7. w = 2³²−1
/// and its neighbours round to u = 1, which gives exactly 0; the largest value is −2 ln 2⁻³³ = 45.7, a radius of 6.76.
template <class F, class W>
STATIONARY_HD F squared_radius(W w) {
    const F u = fused_multiply_add(unsigned_to_float(w), F(0x1p-32F), F(0x1p-33F));
    const W bits = as_word(u);
    const W exponent = (bits - 0x3f3504f3U) & 0xff800000U;  // e·2²³; 0x3f3504f3 is √½
    const F t = as_float(bits - exponent) - F(1.0F);
    const F p = horner(t, -1.99999989F, 1.00000730F, -0.666701179F, 0.499398183F, -0.398003311F, 0.345016578F,
                       -0.324451608F, 0.202137966F);
    constexpr float minus_two_ln_two = -1.38629436112F;
    return fused_multiply_add(t, p, signed_to_float(exponent) * F(minus_two_ln_two * 0x1p-23F));
}

/// sin πx and cos πx for x in [−½, ½]: minimax polynomials in x², absolute error below 2e-7 after rounding.
template <class F>
struct SineCosine {
    F sine;
    F cosine;
};
template <class F>
STATIONARY_HD SineCosine<F> sine_cosine_pi(F x) {
    const F square = x * x;
    const F sine = horner(square, 3.14159264F, -5.16771009F, 2.55007766F, -0.598292159F, 0.0776594079F);
    const F cosine = horner(square, 0.999999953F, -4.93479286F, 4.05841191F, -1.33188016F, 0.219696802F);
    return {x * sine, cosine};
}

/// Two independent standard normals from two random words (Box & Muller 1958): z = ±√(−2 ln u)·(cos πx, sin πx).
///
/// The first word gives u. Of the second, the low 31 bits give x in [−½, ½] and the top bit the sign of both normals:
/// together the angle is uniform on the whole circle, and z and −z have exactly the same probability, so every odd
/// moment is exactly zero.
/// Over all 2³² words E r² = 2 + 6.1e-9, E r⁴ = 8 + 4.3e-8, E cos² = ½ − 2.4e-8 and E sin² = ½ + 2.9e-8, so the
/// variances of the two normals are 1 − 4.5e-8 and 1 + 6.0e-8 (long_normals_test.cpp).
template <class F, class W>
STATIONARY_HD void box_muller(W radius_word, W angle_word, F& first, F& second) {
    const F radius = square_root_of_square(squared_radius<F>(radius_word));
    const F signed_radius = as_float(as_word(radius) ^ (angle_word & 0x80000000U));
    const F x = signed_to_float(angle_word << 1) * F(0x1p-32F);
    const auto angle = sine_cosine_pi(x);
    first = signed_radius * angle.cosine;
    second = signed_radius * angle.sine;
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
