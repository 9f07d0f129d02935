#pragma once

#include "kernels/philox.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// What the step code is a template over: the types of one lane (a GPU thread, or plain scalar code). pack_lanes.h has
/// the SIMD twin. Real is the state's type, Single the type normals are made in, Word a random word, Chain the chain
/// id.
template <class R>
struct ScalarLanes {
    using Scalar = R;
    using Real = R;
    using Single = float;
    using Word = std::uint32_t;
    using RawWord = std::uint32_t;  ///< a word as Philox leaves it
    using Chain = std::uint64_t;
    static constexpr int lanes = 1;

    static STATIONARY_HD void block(std::uint64_t key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        philox_block(key, counter, chain, words);
    }
    static STATIONARY_HD Word word(RawWord w) { return w; }
    static STATIONARY_HD RawWord raw(Word w) { return w; }

    /// ⌊w·n / 2³²⌋ (NoisePurpose::minibatch_index).
    static STATIONARY_HD Word multiply_high(RawWord w, std::uint32_t n) { return multiply_wide(w, n).high; }

    /// Row `index` of a table with `stride` numbers per row.
    template <int D>
    static STATIONARY_HD void load_row(const R* table, std::int64_t stride, Word index, Real (&row)[D]) {
        const R* source = table + stride * static_cast<std::int64_t>(index);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) row[i] = source[i];
    }
    static STATIONARY_HD Real load(const R* table, Word index) { return table[index]; }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
