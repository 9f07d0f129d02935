#pragma once

#include "kernels/lanes.h"
#include "kernels/noise_purpose.h"
#include "kernels/normals.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Standard normals of one purpose of a chain, in the order of the stream: normal n comes from word n
/// (noise_purpose.h). None is thrown away, whatever the dimension: what a step leaves of a block of four, the next step
/// takes.
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
            next_in_registers(out, count);
        }
    }

  private:
    /// Normals kept for later steps: in registers the current chunk, in memory this and the next one, as a ring.
    static constexpr int kept = Lanes::keeps_in_memory ? 2 * chunk : chunk;

    STATIONARY_OUTLINED_WITHOUT_FMA_HD void make_chunk(Single (&normals)[chunk]) {
        typename Lanes::NoiseWord words[4];
        Lanes::noise_blocks(key_, next_block_, chain_, words);
        next_block_ += Lanes::blocks_at_once;
        typename Lanes::Noise z[4];
        box_muller(words[0], words[1], z[0], z[1]);
        box_muller(words[2], words[3], z[2], z[3]);
        STATIONARY_UNROLL
        for (int k = 0; k < chunk; ++k) normals[k] = Lanes::normal_of(z[k % 4], k / 4);
    }

    STATIONARY_HD void keep_chunk(int place) {
        Single fresh[chunk];
        make_chunk(fresh);
        STATIONARY_UNROLL
        for (int k = 0; k < chunk; ++k) kept_[place + k] = fresh[k];
    }

    /// By selection: an index known only at run time would put the window into a GPU's local memory.
    STATIONARY_HD void next_in_registers(Single (&out)[chunk], int count) {
        static_assert(chunk == 4);
        if (used_ == 0) keep_chunk(0);
        Single window[8];
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) window[k] = window[k + 4] = kept_[k];
        if (used_ + count > 4) {
            keep_chunk(0);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) window[k + 4] = kept_[k];
        }
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) {
            out[k] = used_ == 0   ? window[k]
                     : used_ == 1 ? window[1 + k]
                     : used_ == 2 ? window[2 + k]
                                  : window[(3 + k) % 8];
        }
        used_ = (used_ + count) % 4;
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
    constexpr int chunk = NormalStream<Lanes>::chunk;
    STATIONARY_UNROLL_ON_DEVICE
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

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
