#pragma once

#include "kernels/lanes/arithmetic.h"

#include <cstdint>
#include <type_traits>

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
        const Key words{Lanes::word(key[0]), Lanes::word(key[1]), Lanes::word(key[2]), Lanes::word(key[3])};
        if constexpr (Lanes::keeps_in_memory) {
            for (int r = 0; r < rounds; ++r) {
                kept_.mirror[r] = mirror_of(r, words, n);
                kept_.swap[r] = swap_of(r, words);
            }
        } else {
            kept_ = words;
        }
    }

    /// Replaces each position (0 … n−1) by where the permutation sends it. Several at a time, because the rounds of one
    /// are a chain of dependent instructions.
    template <int Count>
    STATIONARY_HD void apply(Word (&positions)[Count]) const {
        for (int r = 0; r < rounds; ++r) {
            const Word mirror = mirror_of(r, kept_, n_);
            const Word salt = swap_of(r, kept_);
            STATIONARY_UNROLL
            for (int k = 0; k < Count; ++k) positions[k] = swap_or_not(positions[k], mirror, salt);
        }
    }

    /// Where the permutation sends one position.
    STATIONARY_HD Word operator()(Word position) const {
        Word positions[1] = {position};
        apply(positions);
        return positions[0];
    }

  private:
    /// The words of the key; and what each round uses of them.
    struct Key {
        Word mirror_key, mirror_salt, swap_key, swap_salt;
    };
    struct Rounds {
        Word mirror[rounds];
        Word swap[rounds];
    };

    static STATIONARY_HD std::uint32_t counter_of(int round) {
        return static_cast<std::uint32_t>(round + 1) * 0x9E3779B9U;
    }
    /// K_r
    static STATIONARY_HD Word mirror_of(int round, const Key& key, std::uint32_t n) {
        return Lanes::multiply_high(Lanes::raw(mix(key.mirror_key + counter_of(round)) ^ key.mirror_salt), n);
    }
    static STATIONARY_HD Word mirror_of(int round, const Rounds& kept, std::uint32_t) { return kept.mirror[round]; }
    static STATIONARY_HD Word swap_of(int round, const Key& key) {
        return mix(key.swap_key + counter_of(round)) ^ key.swap_salt;
    }
    static STATIONARY_HD Word swap_of(int round, const Rounds& kept) { return kept.swap[round]; }

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
    /// A table of rounds would go to a GPU's local memory; there its entries are made again for every few positions.
    std::conditional_t<Lanes::keeps_in_memory, Rounds, Key> kept_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
