#pragma once

#include "kernels/lanes/philox.h"

#include <cstdint>
#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// How standard normals are made of random words: with the same bits everywhere (normals.h), or with what a GPU has for
/// logarithm, root, sine and cosine (fast_normals.h).
enum class NormalMap { reproducible, fast };

/// Where a lane's state lies: in registers, or where those do not suffice in memory, the position and, of a stepper
/// that has one, the velocity.
enum class StatePlace { registers, position_in_memory, in_memory };

/// A vector in memory whose components lie `stride` numbers apart: one thread's column of a block's
/// [component][thread], where neighbouring threads touch neighbouring numbers.
template <class R>
struct Column {
    R* first;
    int stride;
    STATIONARY_HD R& operator[](int i) const { return first[i * stride]; }
};

/// What the step code is a template over: the types of one lane (a GPU thread, or plain scalar code). pack_lanes.h has
/// the SIMD twin. Real is the state's type, Single the type normals are made in, Word a random word, Chain the chain
/// id. exact is the dimension where it is known when compiling, else 0.
template <class R, NormalMap map = NormalMap::reproducible, StatePlace place = StatePlace::registers, int exact = 0>
struct ScalarLanes {
    using Scalar = R;
    using Real = R;
    using Single = float;
    using Word = std::uint32_t;
    using RawWord = std::uint32_t;  ///< a word as Philox leaves it
    using Index = std::uint32_t;    ///< which row of a table each lane reads
    using Chain = std::uint64_t;
    static constexpr int lanes = 1;
    static constexpr NormalMap normal_map = map;
    static constexpr bool keeps_in_memory = false;  ///< leftover normals stay in registers
    static constexpr StatePlace state_place = place;
    static constexpr int exact_dimension = exact;
    template <int D>
    using Position = std::conditional_t<place == StatePlace::registers, R[D], Column<R>>;
    template <int D>
    using Velocity = std::conditional_t<place == StatePlace::in_memory, Column<R>, R[D]>;

    static STATIONARY_HD void block(std::uint64_t key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        philox_block(key, counter, chain, words);
    }
    /// Normals and indices are made this many blocks at a time, normals from words and numbers of these types.
    static constexpr int blocks_at_once = 1;
    using NoiseWord = std::uint32_t;
    using Noise = float;
    static STATIONARY_HD void noise_blocks(std::uint64_t key, std::uint64_t counter, Chain chain,
                                           NoiseWord (&words)[4]) {
        block(key, counter, chain, words);
    }
    /// The normal of block `block` among those made at once.
    static STATIONARY_HD Single normal_of(Noise z, int) { return z; }
    static STATIONARY_HD Word word(RawWord w) { return w; }
    static STATIONARY_HD Index index(Word w) { return w; }
    /// A hint: numbers better read where they are used than held in registers.
    template <class Vector>
    static STATIONARY_HD void leave_in_memory(const Vector&) {}
    static STATIONARY_HD RawWord raw(Word w) { return w; }

    /// ⌊w·n / 2³²⌋ (NoisePurpose::minibatch_index).
    static STATIONARY_HD Word multiply_high(RawWord w, std::uint32_t n) { return multiply_wide(w, n).high; }
    /// The indices below n from all words of the blocks made at once, in the order of the stream.
    static STATIONARY_HD void index_blocks(std::uint64_t key, std::uint64_t counter, Chain chain, std::uint32_t n,
                                           Index (&indices)[4]) {
        RawWord words[4];
        block(key, counter, chain, words);
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) indices[k] = multiply_high(words[k], n);
    }

    /// Numbers from one row of D of a data set to the next. A GPU reads 16 bytes of a row per lane, eight lanes at once
    /// out of 32 banks of 4 bytes: where that many lanes read rows of their own choice, an odd number of 16 bytes per
    /// row spreads them over all banks, and an even one over half of them or fewer.
    static constexpr int row_stride(int D) {
        constexpr int unit = 16 / static_cast<int>(sizeof(R));
        return D % (2 * unit) == 0 ? D + unit : D;
    }

    /// A row of a data set, or where it is too long for registers beside the state its place in memory.
    template <int D>
    static constexpr bool row_in_memory = place != StatePlace::registers&& D * sizeof(R) > 192;
    template <int D>
    using Row = std::conditional_t<row_in_memory<D>, const R*, R[D]>;

    /// Row `index` of a data set.
    template <int D>
    static STATIONARY_HD void load_row(const R* table, Index index, const R*& row) {
        row = table + row_stride(D) * static_cast<std::int64_t>(index);
    }
    template <int D>
    static STATIONARY_HD void load_row(const R* table, Index index, R (&row)[D]) {
        load_row(table, row_stride(D), index, row);
    }
    /// The first Count numbers of row `index` of a table whose rows lie `stride` numbers apart.
    template <int Count>
    static STATIONARY_HD void load_row(const R* table, std::int64_t stride, Index index, R (&row)[Count]) {
        const R* source = table + stride * static_cast<std::int64_t>(index);
        STATIONARY_UNROLL
        for (int i = 0; i < Count; ++i) row[i] = source[i];
    }
    static STATIONARY_HD Real load(const R* table, Index index) { return table[index]; }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
