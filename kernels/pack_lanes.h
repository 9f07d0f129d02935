#pragma once

#include "kernels/pack.h"
#include "kernels/philox.h"

#include <cstdint>
#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Chain ids of the lanes, split into the two upper counter words.
struct ChainPack {
    SplitWordPack low;
    SplitWordPack high;
};

/// pack_lanes consecutive chains, one per SIMD lane: the CPU twin of ScalarLanes (lanes.h).
template <class R>
struct PackLanes {
    using Scalar = R;
    using Real = std::conditional_t<std::is_same_v<R, float>, FloatPack, DoublePack>;
    using Single = FloatPack;
    using Word = WordPack;
    using RawWord = SplitWordPack;
    using Chain = ChainPack;
    static constexpr int lanes = pack_lanes;

    /// Chains first, first + 1, …
    static STATIONARY_HD Chain chains_from(std::uint64_t first) {
        LongVector even;
        LongVector odd;
        for (int i = 0; i < pack_lanes / 2; ++i) {
            even[i] = first + 2 * static_cast<std::uint64_t>(i);
            odd[i] = even[i] + 1;
        }
        return {{even, odd}, {even >> 32, odd >> 32}};
    }

    static STATIONARY_HD void block(std::uint64_t key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        const LongVector low = LongVector{} + (counter & 0xffffffffU);
        const LongVector high = LongVector{} + (counter >> 32);
        words[0] = {low, low};
        words[1] = {high, high};
        words[2] = chain.low;
        words[3] = chain.high;
        philox4x32_10(words, static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32));
    }
    static STATIONARY_HD Word word(RawWord w) { return in_lane_order(w); }
    static STATIONARY_HD RawWord raw(Word w) { return split(w); }
    static STATIONARY_HD Word multiply_high(RawWord w, std::uint32_t n) {
        return in_lane_order(multiply_wide(w, n).high);
    }

    template <int D>
    static STATIONARY_HD void load_row(const R* table, std::int64_t stride, Word index, Real (&row)[D]) {
        if constexpr (std::is_same_v<R, float> && D % 4 == 0) {
            STATIONARY_UNROLL
            for (int quarter = 0; quarter < D / 4; ++quarter)
                load_quarter(table + 4 * quarter, stride, index, row + 4 * quarter);
        } else {
            for (int i = 0; i < D; ++i) row[i] = load(table + i, stride, index);
        }
    }
    static STATIONARY_HD Real load(const R* table, Word index) { return load(table, 1, index); }

  private:
    static STATIONARY_HD Real load(const R* table, std::int64_t stride, Word index) {
        R values[pack_lanes];
        for (int lane = 0; lane < pack_lanes; ++lane) values[lane] = table[stride * index.v[lane]];
        Real r;
        __builtin_memcpy(&r, values, sizeof r);
        return r;
    }

    /// Four neighbouring numbers of each lane's row, transposed to four packs: row loads and in-register shuffles
    /// instead of gathers.
    static STATIONARY_HD void load_quarter(const float* table, std::int64_t stride, Word index, FloatPack* out) {
        typedef float Quad __attribute__((vector_size(16)));
        constexpr int groups = pack_lanes / 4;
        FloatVector row[4];  // row[k]: for each group g of four lanes, the numbers of lane 4g + k
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) {
            Quad quads[groups];
            STATIONARY_UNROLL
            for (int g = 0; g < groups; ++g) {
                __builtin_memcpy(&quads[g], table + stride * static_cast<std::int64_t>(index.v[4 * g + k]),
                                 sizeof(Quad));
            }
            row[k] = join(quads);
        }
        transpose(row, out);
    }

    template <class Quad>
    static STATIONARY_HD FloatVector join(const Quad* quads) {
#if defined(__AVX512F__)
        const __m512 low = _mm512_insertf32x4(_mm512_castps128_ps512((__m128)quads[0]), (__m128)quads[1], 1);
        return (FloatVector)_mm512_insertf32x4(_mm512_insertf32x4(low, (__m128)quads[2], 2), (__m128)quads[3], 3);
#elif defined(__AVX2__)
        return (FloatVector)_mm256_insertf128_ps(_mm256_castps128_ps256((__m128)quads[0]), (__m128)quads[1], 1);
#else
        return (FloatVector)quads[0];
#endif
    }

    /// 4×4 transposes inside each group of four lanes.
    static STATIONARY_HD void transpose(const FloatVector* row, FloatPack* out) {
#if defined(__AVX512F__)
        const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(row[0], row[1])),
                      b = _mm512_castps_pd(_mm512_unpacklo_ps(row[2], row[3]));
        const __m512d c = _mm512_castps_pd(_mm512_unpackhi_ps(row[0], row[1])),
                      d = _mm512_castps_pd(_mm512_unpackhi_ps(row[2], row[3]));
        out[0] = (FloatVector)_mm512_unpacklo_pd(a, b);
        out[1] = (FloatVector)_mm512_unpackhi_pd(a, b);
        out[2] = (FloatVector)_mm512_unpacklo_pd(c, d);
        out[3] = (FloatVector)_mm512_unpackhi_pd(c, d);
#elif defined(__AVX2__)
        const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(row[0], row[1])),
                      b = _mm256_castps_pd(_mm256_unpacklo_ps(row[2], row[3]));
        const __m256d c = _mm256_castps_pd(_mm256_unpackhi_ps(row[0], row[1])),
                      d = _mm256_castps_pd(_mm256_unpackhi_ps(row[2], row[3]));
        out[0] = (FloatVector)_mm256_unpacklo_pd(a, b);
        out[1] = (FloatVector)_mm256_unpackhi_pd(a, b);
        out[2] = (FloatVector)_mm256_unpacklo_pd(c, d);
        out[3] = (FloatVector)_mm256_unpackhi_pd(c, d);
#else
        for (int i = 0; i < 4; ++i) out[i] = FloatVector{row[0][i], row[1][i], row[2][i], row[3][i]};
#endif
    }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
