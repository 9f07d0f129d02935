// The floating-point arithmetic of PTX in C.
#pragma once

#include "tests/cuda_emulator/device.h"

INLINE f32 ftz(f32 x) { return fabsf(x) < 0x1p-126F ? copysignf(0.0F, x) : x; }
INLINE f32 sat_f32(f32 x) { return x > 0.0F ? (x < 1.0F ? x : 1.0F) : 0.0F; }
INLINE f64 sat_f64(f64 x) { return x > 0.0 ? (x < 1.0 ? x : 1.0) : 0.0; }

// The other one of a NaN and a number; −0 is below +0.
#define EXTREMES(T, nan_test, sign)                                                            \
    INLINE T min_##T(T a, T b) {                                                               \
        return nan_test(a) ? b : nan_test(b) ? a : a == b ? (sign(a) ? a : b) : a < b ? a : b; \
    }                                                                                          \
    INLINE T max_##T(T a, T b) {                                                               \
        return nan_test(a) ? b : nan_test(b) ? a : a == b ? (sign(a) ? b : a) : a > b ? a : b; \
    }
EXTREMES(f32, __builtin_isnan, __builtin_signbit)
EXTREMES(f64, __builtin_isnan, __builtin_signbit)

// To integers: out of range saturates. NaN becomes 0, or the top bit alone where either side has 64 bits.
#define TO_INTEGER(name, T, lowest, highest, nan) \
    INLINE T name(f64 x) { return x != x ? nan : x <= (f64)lowest ? lowest : x >= (f64)highest ? highest : (T)x; }
#define TO_INTEGERS(bits)                                                                               \
    TO_INTEGER(to_i##bits, i##bits, INT##bits##_MIN, INT##bits##_MAX, bits == 64 ? INT##bits##_MIN : 0) \
    TO_INTEGER(to_u##bits, u##bits, 0, UINT##bits##_MAX, bits == 64 ? (u##bits)1 << (bits - 1) : 0)     \
    TO_INTEGER(f64_to_i##bits, i##bits, INT##bits##_MIN, INT##bits##_MAX, INT##bits##_MIN)              \
    TO_INTEGER(f64_to_u##bits, u##bits, 0, UINT##bits##_MAX, (u##bits)((u##bits)1 << (bits - 1)))
TO_INTEGERS(8)
TO_INTEGERS(16)
TO_INTEGERS(32)
TO_INTEGERS(64)

// Operations of which the PTX manual only bounds the error, relative or absolute, whichever allows more.
#ifdef EMULATOR_APPROXIMATE
#define WITHIN(value, relative, absolute) emulator_approximate(value, relative, absolute)
#else
#define WITHIN(value, relative, absolute) ((f32)(value))
#endif
INLINE f32 rcp_approx(f32 x) { return WITHIN(1.0 / (f64)x, 0x1p-23, 0.0); }
INLINE f32 div_approx(f32 x, f32 y) { return WITHIN((f64)x / (f64)y, 0x1p-22, 0.0); }
INLINE f32 sqrt_approx(f32 x) { return WITHIN(sqrt((f64)x), 0x1p-23, 0.0); }
INLINE f32 rsqrt_approx(f32 x) { return WITHIN(1.0 / sqrt((f64)x), 1.0717734625362931 * 0x1p-23, 0.0); }  // 2^-22.9
INLINE f32 sin_approx(f32 x) { return WITHIN(sin((f64)x), 0.0, 1.4142135623730951 * 0x1p-21); }           // 2^-20.5
INLINE f32 cos_approx(f32 x) { return WITHIN(cos((f64)x), 0.0, 1.4142135623730951 * 0x1p-21); }
INLINE f32 lg2_approx(f32 x) {
    return WITHIN(log2((f64)x), x > 0.5F && x < 2.0F ? 0.0 : 0x1p-22, x > 0.5F && x < 2.0F ? 0x1p-22 : 0.0);
}
INLINE f32 ex2_approx(f32 x) { return WITHIN(exp2((f64)x), 0x1p-22, 0.0); }
INLINE f32 tanh_approx(f32 x) { return WITHIN(tanh((f64)x), 0x1p-11, 0.0); }
