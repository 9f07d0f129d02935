#pragma once

#include "kernels/lanes/arithmetic.h"

#include <cmath>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The fast map from random words to standard normals: Box–Muller by what a GPU has for logarithm, root, sine and
// cosine. The same distribution as that of normals.h to about 1e-6, from the same words, but not the same bits, and not
// even the same bits from one GPU architecture to the next. On the host, for the tests, the C library stands in.

/// log₂ u for u in [2⁻³³, 1]; lg2.approx: absolute error below 2⁻²² near 1, relative error below 2⁻²² elsewhere.
STATIONARY_HD float fast_log2(float u) {
#if defined(__CUDA_ARCH__)
    float y;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(u));
    return y;
#else
    return std::log2(u);
#endif
}

/// √x; sqrt.approx: relative error below 2⁻²³.
STATIONARY_HD float fast_square_root(float x) {
#if defined(__CUDA_ARCH__)
    float y;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#else
    return std::sqrt(x);
#endif
}

/// cos x and sin x for x in [−π, π]; cos.approx and sin.approx: absolute error below 2^−20.5.
STATIONARY_HD void fast_cosine_sine(float x, float& cosine, float& sine) {
#if defined(__CUDA_ARCH__)
    asm("cos.approx.ftz.f32 %0, %1;" : "=f"(cosine) : "f"(x));
    asm("sin.approx.ftz.f32 %0, %1;" : "=f"(sine) : "f"(x));
#else
    cosine = std::cos(x);
    sine = std::sin(x);
#endif
}

/// √(2 ln 2): fast normals are made without it, and what they are multiplied by is made with it (cell_tables.cpp).
constexpr double fast_normal_unit = 1.17741002251547469;

/// Two independent normals of variance 1/(2 ln 2) from two random words (Box & Muller 1958): √(−log₂ u)·(cos θ, sin θ),
/// u = (w + ½)·2⁻³² from the first word as in normals.h, θ in [−π, π) from all of the second. Test:
/// fast_normals_test.cpp.
STATIONARY_HD void fast_box_muller(std::uint32_t radius_word, std::uint32_t angle_word, float& first, float& second) {
    const float u = fused_multiply_add(unsigned_to_float(radius_word), 0x1p-32F, 0x1p-33F);
    const float radius = fast_square_root(-fast_log2(u));
    constexpr float pi = 3.14159265359F;
    float cosine;
    float sine;
    fast_cosine_sine(signed_to_float(angle_word) * (pi * 0x1p-31F), cosine, sine);
    first = radius * cosine;
    second = radius * sine;
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
