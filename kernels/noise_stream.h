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
    int used_;         ///< normals of block_ already handed out; 0 when none is left
    Single block_[4];  ///< the current block
};

/// Uniform training-point indices 0 … n−1 of a chain: index u comes from word u of NoisePurpose::minibatch_index, as
/// ⌊word·n/2³²⌋. Each index has probability ⌊2³²/n⌋/2³² or one unit (2⁻³²) more: a relative bias of at most n·2⁻³²,
/// 1e-7 at n = 442. Test: noise_stream_test.cpp, index_bias.
template <class Lanes>
class IndexStream {
  public:
    STATIONARY_HD IndexStream(std::uint64_t key, typename Lanes::Chain chain, std::uint64_t position)
        : key_(key),
          chain_(chain),
          next_block_(block_counter(NoisePurpose::minibatch_index, position / 4)),
          used_(static_cast<int>(position % 4)) {
        if (used_ != 0) make_block();
    }

    STATIONARY_HD typename Lanes::Word next(std::uint32_t n) {
        if (used_ == 0) make_block();
        const typename Lanes::RawWord word = pick();
        used_ = (used_ + 1) % 4;
        return Lanes::multiply_high(word, n);
    }

  private:
    STATIONARY_HD void make_block() {
        Lanes::block(key_, next_block_, chain_, words_);
        ++next_block_;
    }

    STATIONARY_HD typename Lanes::RawWord pick() const {
#if defined(__CUDA_ARCH__)
        return used_ == 0 ? words_[0] : used_ == 1 ? words_[1] : used_ == 2 ? words_[2] : words_[3];
#else
        return words_[used_];
#endif
    }

    std::uint64_t key_;
    typename Lanes::Chain chain_;
    std::uint64_t next_block_;
    int used_;
    typename Lanes::RawWord words_[4];
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
