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

    /// Starts at normal `position` of the purpose.
    STATIONARY_HD NormalStream(std::uint64_t key, typename Lanes::Chain chain, NoisePurpose purpose,
                               std::uint64_t position)
        : key_(key),
          chain_(chain),
          next_block_(block_counter(purpose, position / 4)),
          used_(static_cast<int>(position % 4)) {
        if (used_ != 0) make_block(block_);
    }

    /// The next `count` normals (1 to 4) into out[0 … count−1]; the other entries of out are finite but mean nothing.
    STATIONARY_HD void next(Single (&out)[4], int count) {
        if (used_ == 0) {
            make_block(out);
            if (count == 4) return;
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) block_[k] = out[k];
            used_ = count;
            return;
        }
        Single window[8];
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) window[k] = window[k + 4] = block_[k];
        if (used_ + count > 4) {
            Single fresh[4];
            make_block(fresh);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) window[k + 4] = block_[k] = fresh[k];
        }
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) out[k] = pick(window, k);
        used_ = (used_ + count) % 4;
    }

  private:
    STATIONARY_HD void make_block(Single (&normals)[4]) {
        typename Lanes::RawWord words[4];
        Lanes::block(key_, next_block_, chain_, words);
        ++next_block_;
        box_muller(Lanes::word(words[0]), Lanes::word(words[1]), normals[0], normals[1]);
        box_muller(Lanes::word(words[2]), Lanes::word(words[3]), normals[2], normals[3]);
    }

    /// window[used_ + k]. On the GPU by selection: an index known only at run time would put the window into local
    /// memory.
    STATIONARY_HD Single pick(const Single (&window)[8], int k) const {
#if defined(__CUDA_ARCH__)
        return used_ == 1 ? window[1 + k] : used_ == 2 ? window[2 + k] : window[(3 + k) % 8];
#else
        return window[used_ + k];
#endif
    }

    std::uint64_t key_;
    typename Lanes::Chain chain_;
    std::uint64_t next_block_;
    int used_;              ///< normals of block_ already handed out; 0 when none is left
    Single block_[4] = {};  ///< the current block
};

/// The next `count` ≤ D normals of a stream into z[0 … count−1]; the other entries of z are finite but mean nothing.
template <int D, class Lanes, class Real>
STATIONARY_HD void draw_normals(NormalStream<Lanes>& normals, int count, Real (&z)[D]) {
    STATIONARY_UNROLL_ON_DEVICE
    for (int i = 0; i < D; i += 4) {
        const int left = count - i;
        typename Lanes::Single four[4] = {};
        if (left > 0) normals.next(four, left < 4 ? left : 4);
        STATIONARY_UNROLL
        for (int k = 0; k < (D < 4 ? D : 4); ++k) z[i + k] = widen<Real>(four[k]);
    }
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
