#pragma once

// SIMD packs: one lane per chain. Only the CPU backend includes this file. A pack supports exactly the primitives that
// arithmetic.h declares for scalars, so the step code, a template over lanes, is written once.

#include "kernels/lanes/arithmetic.h"

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

#if defined(__AVX512F__)
constexpr int pack_bytes = 64;
#elif defined(__AVX2__)
constexpr int pack_bytes = 32;
#else
constexpr int pack_bytes = 16;
#endif
constexpr int pack_lanes = pack_bytes / 4;

typedef float FloatVector __attribute__((vector_size(pack_bytes)));
typedef std::uint32_t WordVector __attribute__((vector_size(pack_bytes)));
typedef std::int32_t IntegerVector __attribute__((vector_size(pack_bytes)));
typedef std::uint64_t LongVector __attribute__((vector_size(pack_bytes)));
typedef double DoubleVector __attribute__((vector_size(pack_bytes)));

/// One float per lane.
struct FloatPack {
    using Number = float;
    FloatVector v;
    FloatPack() = default;
    STATIONARY_HD FloatPack(FloatVector x) : v(x) {}
    STATIONARY_HD explicit FloatPack(float x) : v(x - FloatVector{}) {}  // x − 0 is x; 0 + x costs an addition
};
STATIONARY_HD FloatPack operator+(FloatPack a, FloatPack b) { return a.v + b.v; }
STATIONARY_HD FloatPack operator-(FloatPack a, FloatPack b) { return a.v - b.v; }
STATIONARY_HD FloatPack operator*(FloatPack a, FloatPack b) { return a.v * b.v; }

/// One 32-bit word per lane.
struct WordPack {
    using Number = std::uint32_t;
    WordVector v;
    WordPack() = default;
    STATIONARY_HD WordPack(WordVector x) : v(x) {}
    STATIONARY_HD explicit WordPack(std::uint32_t x) : v(WordVector{} + x) {}
};
STATIONARY_HD WordPack operator-(WordPack a, std::uint32_t b) { return a.v - b; }
STATIONARY_HD WordPack operator-(WordPack a, WordPack b) { return a.v - b.v; }
STATIONARY_HD WordPack operator&(WordPack a, std::uint32_t b) { return a.v & b; }
STATIONARY_HD WordPack operator^(WordPack a, WordPack b) { return a.v ^ b.v; }
STATIONARY_HD WordPack operator^(WordPack a, std::uint32_t b) { return a.v ^ b; }
STATIONARY_HD WordPack operator<<(WordPack a, int b) { return a.v << b; }
STATIONARY_HD WordPack operator>>(WordPack a, int b) { return a.v >> b; }
STATIONARY_HD WordPack operator+(WordPack a, std::uint32_t b) { return a.v + b; }
STATIONARY_HD WordPack operator*(WordPack a, std::uint32_t b) { return a.v * b; }
STATIONARY_HD WordPack minimum(WordPack a, WordPack b) { return a.v < b.v ? a.v : b.v; }
STATIONARY_HD WordPack maximum(WordPack a, WordPack b) { return a.v > b.v ? a.v : b.v; }
STATIONARY_HD WordPack select_by_top_bit(WordPack w, WordPack a, WordPack b) {
    return (IntegerVector)w.v < 0 ? a.v : b.v;
}

STATIONARY_HD WordPack as_word(FloatPack x) { return (WordVector)x.v; }
STATIONARY_HD FloatPack as_float(WordPack x) { return (FloatVector)x.v; }
STATIONARY_HD FloatPack unsigned_to_float(WordPack w) {
#if defined(__AVX512F__)
    return (FloatVector)_mm512_cvtepu32_ps((__m512i)w.v);
#else
    // Both halves are exact, so the last addition rounds once.
    const FloatVector high = __builtin_convertvector((IntegerVector)(w.v >> 16), FloatVector);
    const FloatVector low = __builtin_convertvector((IntegerVector)(w.v & 0xffffU), FloatVector);
    return high * 65536.0F + low;
#endif
}
STATIONARY_HD FloatPack signed_to_float(WordPack w) { return __builtin_convertvector((IntegerVector)w.v, FloatVector); }

#if !defined(__FMA__) && !defined(__aarch64__)
/// Without an fma instruction a call costs nothing beside the emulation, and keeps the code small.
template <class Vector>
[[gnu::noinline]] Vector fused_multiply_add_by_lane(Vector a, Vector b, Vector c) {
    Vector r;
    for (int lane = 0; lane < static_cast<int>(sizeof(Vector) / sizeof(a[0])); ++lane) {
        r[lane] = fused_multiply_add(a[lane], b[lane], c[lane]);
    }
    return r;
}
#endif

STATIONARY_HD FloatPack fused_multiply_add(FloatPack a, FloatPack b, FloatPack c) {
#if defined(__AVX512F__)
    return (FloatVector)_mm512_fmadd_ps(a.v, b.v, c.v);
#elif defined(__FMA__)
    return (FloatVector)_mm256_fmadd_ps(a.v, b.v, c.v);
#elif defined(__aarch64__)
    return (FloatVector)vfmaq_f32((float32x4_t)c.v, (float32x4_t)a.v, (float32x4_t)b.v);
#else
    return fused_multiply_add_by_lane(a.v, b.v, c.v);
#endif
}

STATIONARY_HD FloatPack square_root(FloatPack x) {
#if defined(__AVX512F__)
    return (FloatVector)_mm512_sqrt_ps(x.v);
#elif defined(__AVX2__)
    return (FloatVector)_mm256_sqrt_ps(x.v);
#elif defined(__SSE2__)
    return (FloatVector)_mm_sqrt_ps(x.v);
#elif defined(__aarch64__)
    return (FloatVector)vsqrtq_f32((float32x4_t)x.v);
#else
    FloatVector r;
    for (int lane = 0; lane < pack_lanes; ++lane) r[lane] = square_root(x.v[lane]);
    return r;
#endif
}

/// One double per lane, in two vectors.
struct DoublePack {
    using Number = double;
    DoubleVector low;
    DoubleVector high;
    DoublePack() = default;
    STATIONARY_HD DoublePack(DoubleVector l, DoubleVector h) : low(l), high(h) {}
    STATIONARY_HD explicit DoublePack(double x) : low(x - DoubleVector{}), high(x - DoubleVector{}) {}
};
STATIONARY_HD DoublePack operator+(DoublePack a, DoublePack b) { return {a.low + b.low, a.high + b.high}; }
STATIONARY_HD DoublePack operator-(DoublePack a, DoublePack b) { return {a.low - b.low, a.high - b.high}; }
STATIONARY_HD DoublePack operator*(DoublePack a, DoublePack b) { return {a.low * b.low, a.high * b.high}; }

STATIONARY_HD DoubleVector fused_multiply_add(DoubleVector a, DoubleVector b, DoubleVector c) {
#if defined(__AVX512F__)
    return (DoubleVector)_mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__)
    return (DoubleVector)_mm256_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
    return (DoubleVector)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return fused_multiply_add_by_lane(a, b, c);
#endif
}
STATIONARY_HD DoublePack fused_multiply_add(DoublePack a, DoublePack b, DoublePack c) {
    return {fused_multiply_add(a.low, b.low, c.low), fused_multiply_add(a.high, b.high, c.high)};
}

typedef std::int64_t SignedLongVector __attribute__((vector_size(pack_bytes)));

/// Products of the low halves of 64-bit lanes, read as signed 32-bit integers.
STATIONARY_HD SignedLongVector multiply_signed_low_halves(LongVector a, LongVector b) {
#if defined(__AVX512F__)
    return (SignedLongVector)_mm512_mul_epi32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (SignedLongVector)_mm256_mul_epi32((__m256i)a, (__m256i)b);
#else
    SignedLongVector r;
    for (int lane = 0; lane < pack_bytes / 8; ++lane) {
        r[lane] = std::int64_t{static_cast<std::int32_t>(a[lane])} * static_cast<std::int32_t>(b[lane]);
    }
    return r;
#endif
}

/// Widening of single-precision lanes to the state's type; exact.
template <class Real>
STATIONARY_HD Real widen(FloatPack x);
template <>
STATIONARY_HD FloatPack widen<FloatPack>(FloatPack x) {
    return x;
}
template <>
STATIONARY_HD DoublePack widen<DoublePack>(FloatPack x) {
    DoublePack r;
    for (int lane = 0; lane < pack_lanes / 2; ++lane) {
        r.low[lane] = x.v[lane];
        r.high[lane] = x.v[lane + pack_lanes / 2];
    }
    return r;
}

/// 32-bit words, one per lane, held in the low halves of 64-bit lanes: `even` has lanes 0, 2, 4, …, `odd` lanes 1, 3,
/// 5, …. The high halves are arbitrary. This is the layout that the processor's widening multiply reads and writes, so
/// Philox needs no shuffles.
struct SplitWordPack {
    LongVector even;
    LongVector odd;
};

STATIONARY_HD LongVector multiply_low_halves(LongVector a, std::uint32_t b) {
#if defined(__AVX512F__)
    return (LongVector)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (LongVector)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__SSE2__)
    return (LongVector)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#elif defined(__aarch64__)
    return (LongVector)vmull_n_u32(vmovn_u64((uint64x2_t)a), b);
#else
    return (a & 0xffffffffU) * static_cast<std::uint64_t>(b);
#endif
}

/// The same with the words in the high halves, as a widening product leaves its upper words.
struct HighWordPack {
    LongVector even;
    LongVector odd;
};

struct WideProductPack {
    HighWordPack high;
    SplitWordPack low;
};
STATIONARY_HD WideProductPack multiply_wide(SplitWordPack a, std::uint32_t b) {
    const LongVector even = multiply_low_halves(a.even, b);
    const LongVector odd = multiply_low_halves(a.odd, b);
    return {{even, odd}, {even, odd}};
}
STATIONARY_HD SplitWordPack operator^(SplitWordPack a, SplitWordPack b) { return {a.even ^ b.even, a.odd ^ b.odd}; }
STATIONARY_HD SplitWordPack operator^(SplitWordPack a, std::uint32_t b) {
    const auto word = static_cast<std::uint64_t>(b);
    return {a.even ^ word, a.odd ^ word};
}

/// Words in lane order, split.
STATIONARY_HD SplitWordPack split(WordPack w) { return {(LongVector)w.v, (LongVector)w.v >> 32}; }

/// The same words in lane order.
STATIONARY_HD WordPack in_lane_order(SplitWordPack a) {
#if defined(__AVX512F__)
    return (WordVector)_mm512_mask_moveldup_ps((__m512)a.even, 0xAAAA, (__m512)a.odd);
#elif defined(__AVX2__)
    return (WordVector)_mm256_blend_epi32((__m256i)a.even, (__m256i)(a.odd << 32), 0xAA);
#else
    return (WordVector)((a.even & 0xffffffffU) | (a.odd << 32));
#endif
}
STATIONARY_HD WordPack in_lane_order(HighWordPack a) {
#if defined(__AVX512F__)
    return (WordVector)_mm512_mask_movehdup_ps((__m512)a.odd, 0x5555, (__m512)a.even);
#elif defined(__AVX2__)
    return (WordVector)_mm256_blend_epi32((__m256i)(a.even >> 32), (__m256i)a.odd, 0xAA);
#else
    return (WordVector)((a.even >> 32) | (a.odd & 0xffffffff00000000U));
#endif
}

/// Between the rounds of Philox words stay split; after the last they are put into lane order (philox.h).
struct SplitOrder {
    STATIONARY_HD SplitWordPack operator()(SplitWordPack w) const { return w; }
    STATIONARY_HD SplitWordPack operator()(HighWordPack w) const { return {w.even >> 32, w.odd >> 32}; }
};
struct LaneOrder {
    STATIONARY_HD WordPack operator()(SplitWordPack w) const { return in_lane_order(w); }
    STATIONARY_HD WordPack operator()(HighWordPack w) const { return in_lane_order(w); }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
