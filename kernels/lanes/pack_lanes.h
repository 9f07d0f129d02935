#pragma once

#include "kernels/lanes/lanes.h"
#include "kernels/lanes/pack.h"
#include "kernels/lanes/philox.h"
#include "kernels/lanes/twin.h"

#include <cstdint>
#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Chain ids of the lanes, split into the two upper counter words.
struct ChainPack {
    SplitWordPack low;
    SplitWordPack high;
};

/// Row numbers in memory, where the scalar units read them to make addresses.
struct alignas(pack_bytes) IndexPack {
    std::uint32_t lane[pack_lanes];
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
    using Index = IndexPack;
    static constexpr int lanes = pack_lanes;
    static constexpr NormalMap normal_map = NormalMap::reproducible;
    static constexpr bool keeps_in_memory = true;
    static constexpr StatePlace state_place = StatePlace::registers;  // or wherever the compiler keeps an array
    static constexpr int exact_dimension = 0;
    template <int D>
    using Position = Real[D];
    template <int D>
    using Velocity = Real[D];

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

    /// The Philox counter of block `counter` of each chain.
    static STATIONARY_HD void start_block(std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        const LongVector low = LongVector{} + (counter & 0xffffffffU);
        const LongVector high = LongVector{} + (counter >> 32);
        words[0] = {low, low};
        words[1] = {high, high};
        words[2] = chain.low;
        words[3] = chain.high;
    }
    static STATIONARY_HD void block(std::uint64_t key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        start_block(counter, chain, words);
        philox4x32_10(words, key, SplitOrder{}, SplitOrder{}, words);
    }
    /// Two blocks at a time: one block's Philox and Box–Muller are a chain of dependent instructions, too long for a
    /// processor to look past it to the next block.
    static constexpr int blocks_at_once = 2;
    using NoiseWord = Twin<WordPack>;
    using Noise = Twin<FloatPack>;
    static STATIONARY_HD void noise_blocks(std::uint64_t key, std::uint64_t counter, Chain chain,
                                           NoiseWord (&words)[4]) {
        Twin<RawWord> both[4];
        start_blocks(counter, chain, both);
        philox4x32_10(both, key, TwinOrder<SplitOrder>{}, TwinOrder<LaneOrder>{}, words);
    }
    static STATIONARY_HD void index_blocks(std::uint64_t key, std::uint64_t counter, Chain chain, std::uint32_t n,
                                           Index (&indices)[8]) {
        Twin<RawWord> both[4];
        start_blocks(counter, chain, both);
        philox4x32_10(both, key, TwinOrder<SplitOrder>{}, TwinOrder<SplitOrder>{}, both);
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) {
            indices[k] = index(multiply_high(both[k].first, n));
            indices[4 + k] = index(multiply_high(both[k].second, n));
        }
    }
    /// A vector instruction reads an operand from memory at no cost; held in registers, the numbers crowd out others.
    template <int D>
    static STATIONARY_HD void leave_in_memory(const Real (&numbers)[D]) {
        asm volatile("" : "+m"(const_cast<Real(&)[D]>(numbers)));
    }
    static STATIONARY_HD Index index(Word w) {
        Index result;
        __builtin_memcpy(&result, &w, sizeof result);
        return result;
    }
    static STATIONARY_HD Single normal_of(Noise z, int block) { return block == 0 ? z.first : z.second; }
    static STATIONARY_HD Word word(RawWord w) { return in_lane_order(w); }
    static STATIONARY_HD RawWord raw(Word w) { return split(w); }
    static STATIONARY_HD Word multiply_high(RawWord w, std::uint32_t n) {
        return in_lane_order(multiply_wide(w, n).high);
    }

    static constexpr int row_stride(int D) { return D; }
    template <int D>
    static constexpr bool row_in_memory = false;
    template <int D>
    using Row = Real[D];

    template <int D>
    static STATIONARY_HD void load_row(const R* table, const Index& index, Real (&row)[D]) {
        load_row(table, row_stride(D), index, row);
    }
    template <int D>
    static STATIONARY_HD void load_row(const R* table, std::int64_t stride, const Index& index, Real (&row)[D]) {
        if constexpr (std::is_same_v<R, float> && D % 4 == 0) {
            constexpr int at_once = 4;  // quarters: 16 vectors of rows, as many as leave room to transpose them
            STATIONARY_UNROLL
            for (int first = 0; first < D / 4; first += at_once) {
                constexpr int all = D / 4;
                if (first + at_once <= all) {
                    load_quarters<at_once>(table + 4 * first, stride, index, row + 4 * first);
                } else {
                    load_quarters<all % at_once == 0 ? at_once : all % at_once>(table + 4 * first, stride, index,
                                                                                row + 4 * first);
                }
            }
        } else {
            for (int i = 0; i < D; ++i) row[i] = load(table + i, stride, index);
        }
    }
    static STATIONARY_HD Real load(const R* table, const Index& index) { return load(table, 1, index); }

  private:
    static STATIONARY_HD void start_blocks(std::uint64_t counter, Chain chain, Twin<RawWord> (&both)[4]) {
        RawWord first[4];
        RawWord second[4];
        start_block(counter, chain, first);
        start_block(counter + 1, chain, second);
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) both[k] = {first[k], second[k]};
    }

    static STATIONARY_HD Real load(const R* table, std::int64_t stride, const Index& index) {
        R values[pack_lanes];
        for (int lane = 0; lane < pack_lanes; ++lane) values[lane] = table[stride * index.lane[lane]];
        Real r;
        __builtin_memcpy(&r, values, sizeof r);
        return r;
    }

    /// Quarters × four neighbouring numbers of each lane's row, transposed to as many packs: row loads and in-register
    /// shuffles instead of gathers, which take a load for each number. Lane by lane, so that few addresses are held at
    /// a time.
    template <int Quarters>
    static STATIONARY_HD void load_quarters(const float* table, std::int64_t stride, const Index& index,
                                            FloatPack* out) {
        typedef float Quad __attribute__((vector_size(16)));
        constexpr int groups = pack_lanes / 4;
        FloatVector row[Quarters][4];  // row[q][k]: for each group g of four lanes, quarter q of lane 4g + k
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) {
            Quad quads[Quarters][groups];
            STATIONARY_UNROLL
            for (int g = 0; g < groups; ++g) {
                const float* source = table + stride * static_cast<std::int64_t>(index.lane[4 * g + k]);
                STATIONARY_UNROLL
                for (int q = 0; q < Quarters; ++q) __builtin_memcpy(&quads[q][g], source + 4 * q, sizeof(Quad));
            }
            STATIONARY_UNROLL
            for (int q = 0; q < Quarters; ++q) row[q][k] = join(quads[q]);
        }
        STATIONARY_UNROLL
        for (int q = 0; q < Quarters; ++q) transpose(row[q], out + 4 * q);
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
