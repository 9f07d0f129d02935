#pragma once

#include "kernels/lanes/lanes.h"
#include "kernels/noise/fast_normals.h"
#include "kernels/noise/noise_purpose.h"
#include "kernels/noise/normals.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// The normals of the blocks at `counter` of a chain.
template <class Lanes>
STATIONARY_HD void chunk_of_normals(std::uint64_t key, std::uint64_t counter, typename Lanes::Chain chain,
                                    typename Lanes::Single (&normals)[4 * Lanes::blocks_at_once]) {
    typename Lanes::NoiseWord words[4];
    Lanes::noise_blocks(key, counter, chain, words);
    typename Lanes::Noise z[4];
    if constexpr (Lanes::normal_map == NormalMap::fast) {
        fast_box_muller(words[0], words[1], z[0], z[1]);
        fast_box_muller(words[2], words[3], z[2], z[3]);
    } else {
        box_muller(words[0], words[1], z[0], z[1]);
        box_muller(words[2], words[3], z[2], z[3]);
    }
    STATIONARY_UNROLL
    for (int k = 0; k < 4 * Lanes::blocks_at_once; ++k) normals[k] = Lanes::normal_of(z[k % 4], k / 4);
}

/// Blocks one after the other whose counters share their upper word: what Philox makes of it and of the chain alone
/// stays the same in all of them, which takes 4 of the 40 multiplications out of a loop.
template <class Lanes>
class ChunkRun {
  public:
    STATIONARY_HD ChunkRun(std::uint64_t key, typename Lanes::Chain chain, std::uint64_t first_block)
        : key_(key), chain_(chain), high_(first_block >> 32 << 32), low_(static_cast<std::uint32_t>(first_block)) {}

    /// The next chunk, as chunk_of_normals makes it.
    STATIONARY_HD void next(typename Lanes::Single (&normals)[4 * Lanes::blocks_at_once]) {
        chunk_of_normals<Lanes>(key_, high_ | low_, chain_, normals);
        ++low_;
    }

  private:
    static_assert(Lanes::blocks_at_once == 1);

    std::uint64_t key_;
    typename Lanes::Chain chain_;
    std::uint64_t high_;
    std::uint32_t low_;
};

/// Standard normals (fast ones in units of fast_normal_unit) of one purpose of a chain, in the order of the stream:
/// normal n comes from word n (noise_purpose.h). None is thrown away, whatever the dimension: what a step leaves of a
/// block of four, the next step takes.
template <class Lanes>
class NormalStream {
  public:
    using Single = typename Lanes::Single;

    /// Normals made at once.
    static constexpr int chunk = 4 * Lanes::blocks_at_once;

    /// Starts at normal `position` of the purpose.
    STATIONARY_HD NormalStream(std::uint64_t key, typename Lanes::Chain chain, NoisePurpose purpose,
                               std::uint64_t position)
        : key_(key),
          chain_(chain),
          next_block_(block_counter(purpose, position / chunk * Lanes::blocks_at_once)),
          used_(static_cast<int>(position % chunk)) {
        if (used_ != 0) keep_chunk(0);
    }

    /// Whether the next normal is the first of a chunk.
    [[nodiscard]] STATIONARY_HD bool at_chunk() const { return used_ % chunk == 0; }

    /// The next `count` normals (1 to chunk) into out[0 … count−1]; the other entries of out are finite but mean
    /// nothing.
    STATIONARY_HD void next(Single (&out)[chunk], int count) {
        const int used_of_chunk = used_ % chunk;
        if (used_of_chunk == 0 && count == chunk) {
            make_chunk(out);
        } else if constexpr (Lanes::keeps_in_memory) {
            if (used_of_chunk == 0) keep_chunk(used_);
            if (used_of_chunk + count > chunk) keep_chunk((used_ / chunk * chunk + chunk) % kept);
            STATIONARY_UNROLL
            for (int k = 0; k < chunk; ++k) out[k] = kept_[(used_ + k) % kept];
            used_ = (used_ + count) % kept;
        } else {
            draw(out, count);
        }
    }

    /// The next `count` ≤ D normals into z[0 … count−1], for lanes that keep normals in registers: whole chunks,
    /// shifted to their place by selections. An index known only at run time would put them into a GPU's local memory.
    template <int D, class Real>
    STATIONARY_HD void draw(Real (&z)[D], int count) {
        static_assert(!Lanes::keeps_in_memory && chunk == 4);
        constexpr int most_chunks = (D + 6) / 4;
        Single window[4 * most_chunks];
        STATIONARY_UNROLL
        for (int c = 0; c < most_chunks; ++c) {
            if (4 * c < used_ + count && (c > 0 || used_ == 0)) keep_chunk(0);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) window[4 * c + k] = kept_[k];
        }
        STATIONARY_UNROLL
        for (int i = 0; i <= D; ++i) window[i] = (used_ & 2) != 0 ? window[i + 2] : window[i];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) z[i] = widen<Real>((used_ & 1) != 0 ? window[i + 1] : window[i]);
        used_ = (used_ + count) % 4;
    }

    /// How many chunks from here on have counters with the same upper word; where none is left of a chunk.
    [[nodiscard]] STATIONARY_HD std::uint32_t chunks_before_carry() const {
        const std::uint32_t low = static_cast<std::uint32_t>(next_block_);
        return low == 0 ? ~std::uint32_t{0} : std::uint32_t{0} - low;
    }
    /// The next chunks, no more than chunks_before_carry().
    [[nodiscard]] STATIONARY_HD ChunkRun<Lanes> run() const { return {key_, chain_, next_block_}; }
    /// Leaves out chunks that have been taken from run(). None is begun before or after: what was kept is of no use.
    STATIONARY_HD void skip_chunks(std::uint32_t chunks) {
        next_block_ += chunks;
        STATIONARY_UNROLL
        for (int k = 0; k < kept; ++k) kept_[k] = Single(0);
    }

  private:
    /// Normals kept for later steps: in registers the current chunk, in memory this and the next one, as a ring.
    static constexpr int kept = Lanes::keeps_in_memory ? 2 * chunk : chunk;

    STATIONARY_OUTLINED_WITHOUT_FMA_HD void make_chunk(Single (&normals)[chunk]) {
        chunk_of_normals<Lanes>(key_, next_block_, chain_, normals);
        next_block_ += Lanes::blocks_at_once;
    }

    STATIONARY_HD void keep_chunk(int place) {
        Single fresh[chunk];
        make_chunk(fresh);
        STATIONARY_UNROLL
        for (int k = 0; k < chunk; ++k) kept_[place + k] = fresh[k];
    }

    std::uint64_t key_;
    typename Lanes::Chain chain_;
    std::uint64_t next_block_;
    int used_;  ///< place of the next normal in kept_; a multiple of chunk: none is left
    Single kept_[kept] = {};
};

/// The next `count` ≤ D normals of a stream into z[0 … count−1]; the other entries of z are finite but mean nothing.
template <int D, class Lanes, class Real>
STATIONARY_HD void draw_normals(NormalStream<Lanes>& normals, int count, Real (&z)[D]) {
    if constexpr (!Lanes::keeps_in_memory) {
        normals.draw(z, count);
    } else {
        constexpr int chunk = NormalStream<Lanes>::chunk;
        for (int i = 0; i < D; i += chunk) {
            const int left = count - i;
            typename Lanes::Single next[chunk] = {};
            if (left > 0) normals.next(next, left < chunk ? left : chunk);
            STATIONARY_UNROLL
            for (int k = 0; k < (D < chunk ? D : chunk); ++k) {
                if (i + k < D) z[i + k] = widen<Real>(next[k]);
            }
        }
    }
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
