#pragma once

#include "kernels/lanes/platform.h"

#include <cmath>
#include <cstdint>
#include <cstring>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The scalar primitives that a chain's arithmetic is made of. Each returns the same bits on every target: correctly
// rounded, round to nearest even, subnormals kept. Tests: arithmetic_test.cpp.

STATIONARY_HD std::uint32_t as_word(float x) {
#if defined(__CUDA_ARCH__)
    return __float_as_uint(x);
#else
    std::uint32_t w;
    std::memcpy(&w, &x, sizeof w);
    return w;
#endif
}

STATIONARY_HD float as_float(std::uint32_t w) {
#if defined(__CUDA_ARCH__)
    return __uint_as_float(w);
#else
    float x;
    std::memcpy(&x, &w, sizeof x);
    return x;
#endif
}

STATIONARY_HD std::uint64_t as_long_word(double x) {
#if defined(__CUDA_ARCH__)
    return static_cast<std::uint64_t>(__double_as_longlong(x));
#else
    std::uint64_t w;
    std::memcpy(&w, &x, sizeof w);
    return w;
#endif
}

STATIONARY_HD double as_double(std::uint64_t w) {
#if defined(__CUDA_ARCH__)
    return __longlong_as_double(static_cast<long long>(w));
#else
    double x;
    std::memcpy(&x, &w, sizeof x);
    return x;
#endif
}

/// a·b + c in float with one rounding, from double +, −, × and integer operations only: for processors without an fma
/// instruction.
///
/// The product of two floats is exact in double. Its sum with c is rounded to odd (toward the neighbour with an odd
/// last bit when inexact), so that the second rounding, to float, cannot be misled (Boldo & Melquiond, "Emulation of
/// FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008).
/// Rounding the sum to double first and then to float is not an fma: a = 2⁻¹⁷(1+2⁻²³), b = 1−2⁻²³, c = 128+2⁻¹⁶ shows
/// it.
STATIONARY_HD float emulated_fused_multiply_add(float a, float b, float c) {
    const double product = static_cast<double>(a) * static_cast<double>(b);
    const double addend = c;
    const double sum = product + addend;
    const double from_product = sum - addend;
    const double error = (product - from_product) + (addend - (sum - from_product));  // Knuth's TwoSum: exact
    const std::uint64_t bits = as_long_word(sum);
    const bool inexact = error > 0.0 || error < 0.0;  // false for NaN: an infinite or NaN sum stays as it is
    const bool even = (bits & 1U) == 0U;
    // Away from the rounded sum in the direction of the error: one unit up or down in the sign-magnitude encoding.
    const bool outward = (error > 0.0) == (sum > 0.0);
    const std::uint64_t odd = bits + (outward ? std::uint64_t{1} : ~std::uint64_t{0});
    return static_cast<float>(as_double(inexact && even ? odd : bits));
}

STATIONARY_HD float fused_multiply_add(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
    return __fmaf_rn(a, b, c);
#elif defined(__FMA__) || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return emulated_fused_multiply_add(a, b, c);
#endif
}

STATIONARY_HD double fused_multiply_add(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
    return __fma_rn(a, b, c);
#else
    return std::fma(a, b,
                    c);  // an instruction where there is one; the C library's correctly rounded function elsewhere
#endif
}

/// √x, correctly rounded (IEEE 754). x ≥ 0.
STATIONARY_HD float square_root(float x) {
#if defined(__CUDA_ARCH__)
    return __fsqrt_rn(x);
#else
    return __builtin_sqrtf(x);
#endif
}

/// √x from r ≈ 1/√x, by one step of Newton's method on s = x·r: the residual x − s² is exact, so only the last fma
/// rounds in a way that shows.
STATIONARY_HD float refined_square_root(float x, float r) {
    const float s = x * r;
    return fused_multiply_add(fused_multiply_add(-s, s, x), 0.5F * r, s);
}

/// √x, correctly rounded, for the values of squared_radius (normals.h): 0, or between 2⁻²⁴ and 46.
///
/// A GPU's square root is a test of the exponent and, between 2⁻¹⁰¹ and the largest float, the five instructions that
/// are left here (in the code that nvcc 13 makes of __fsqrt_rn for sm_90: MUFU.RSQ, two FMUL, two FFMA): the same
/// operations give the same root, which PTX promises to be correctly rounded. Beside that, of the error that
/// rsqrt.approx may have by the PTX manual, 2^−22.9, everything up to 2^−23.3 is harmless for every value of
/// squared_radius, and the rest for all but two mantissas. Test: arithmetic_test.cpp,
/// refined_square_root_of_every_squared_radius.
template <class F>
STATIONARY_HD F square_root_of_square(F x) {
#if defined(__CUDA_ARCH__)
    float r;  // finite at 0, where √x must be 0; elsewhere the sum is x
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x + 0x1p-60F));
    return refined_square_root(x, r);
#else
    return square_root(x);
#endif
}

/// A 32-bit word read as an unsigned or a signed integer, rounded to float.
STATIONARY_HD float unsigned_to_float(std::uint32_t w) { return static_cast<float>(w); }
STATIONARY_HD float signed_to_float(std::uint32_t w) { return static_cast<float>(static_cast<std::int32_t>(w)); }

/// Widening to the state's type; exact.
template <class Real>
STATIONARY_HD Real widen(float x) {
    return static_cast<Real>(x);
}

STATIONARY_HD std::uint32_t minimum(std::uint32_t a, std::uint32_t b) { return a < b ? a : b; }
STATIONARY_HD std::uint32_t maximum(std::uint32_t a, std::uint32_t b) { return a > b ? a : b; }
/// a where the top bit of w is set, else b.
STATIONARY_HD std::uint32_t select_by_top_bit(std::uint32_t w, std::uint32_t a, std::uint32_t b) {
    return (w & 0x80000000U) != 0U ? a : b;
}

/// Upper and lower half of the 64-bit product of two 32-bit words.
struct WideProduct {
    std::uint32_t high;
    std::uint32_t low;
};
STATIONARY_HD WideProduct multiply_wide(std::uint32_t a, std::uint32_t b) {
#if defined(__CUDA_ARCH__)
    return {__umulhi(a, b), a * b};
#else
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
#endif
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
