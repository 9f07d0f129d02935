#pragma once

#include "kernels/arithmetic.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// A keyed pseudo-random permutation of 0 … n−1 that is evaluated one position at a time and stores no table of n
/// numbers.
///
/// The swap-or-not shuffle (Hoang, Morris & Rogaway, "An enciphering scheme based on a card shuffle", CRYPTO 2012,
/// figure 1): in round r the positions x and K_r − x (mod n) change places if a pseudo-random bit of (r, the larger of
/// the two) is set. It works on any n ≥ 1 without cycle walking, so all SIMD lanes stay together. Each round moves a
/// point to a uniform place with probability ½, so a bias of one- or two-point frequencies falls as 2^−rounds: 24
/// rounds leave 6e-8. Every minibatch covariance depends on pair frequencies only.
///
/// Key: one Philox block per permutation. Test: permutation_test.cpp (bijection; position and pair frequencies over
/// many n).
template <class Lanes>
class Permutation {
  public:
    using Word = typename Lanes::Word;
    static constexpr int rounds = 24;

    /// Sets the key. n in 1 … 2³¹−1.
    STATIONARY_HD void start(const typename Lanes::RawWord (&key)[4], std::uint32_t n) {
        n_ = n;
        const Word mirror_key = Lanes::word(key[0]), mirror_salt = Lanes::word(key[1]);
        const Word swap_key = Lanes::word(key[2]), swap_salt = Lanes::word(key[3]);
        for (int r = 0; r < rounds; ++r) {
            const auto counter = static_cast<std::uint32_t>(r + 1) * 0x9E3779B9U;
            mirror_[r] = Lanes::multiply_high(Lanes::raw(mix(mirror_key + counter) ^ mirror_salt), n);
            swap_[r] = mix(swap_key + counter) ^ swap_salt;
        }
    }

    /// Replaces each position (0 … n−1) by where the permutation sends it. Several at a time, because the rounds of one
    /// are a chain of dependent instructions.
    template <int Count>
    STATIONARY_HD void apply(Word (&positions)[Count]) const {
        for (int r = 0; r < rounds; ++r) {
            STATIONARY_UNROLL
            for (int k = 0; k < Count; ++k) positions[k] = swap_or_not(positions[k], mirror_[r], swap_[r]);
        }
    }

    /// Where the permutation sends one position.
    STATIONARY_HD Word operator()(Word position) const {
        Word positions[1] = {position};
        apply(positions);
        return positions[0];
    }

  private:
    /// One round: x, or its mirror image K − x (mod n).
    STATIONARY_HD Word swap_or_not(Word x, Word mirror, Word salt) const {
        const Word difference = mirror - x;                         // K − x, wrapped if K < x
        const Word partner = minimum(difference, difference + n_);  // K − x mod n
        Word hash = (maximum(x, partner) ^ salt) * 0x85EBCA6BU;
        hash = (hash ^ (hash >> 15)) * 0xC2B2AE35U;
        return select_by_top_bit(hash, partner, x);
    }

    /// The finalizer of MurmurHash3 (Appleby): a bijection of 32-bit words in which every input bit reaches every
    /// output bit.
    static STATIONARY_HD Word mix(Word w) {
        w = (w ^ (w >> 16)) * 0x85EBCA6BU;
        w = (w ^ (w >> 13)) * 0xC2B2AE35U;
        return w ^ (w >> 16);
    }

    std::uint32_t n_;
    Word mirror_[rounds];  ///< K_r
    Word swap_[rounds];
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
