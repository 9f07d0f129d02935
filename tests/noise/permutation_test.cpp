#include "kernels/noise/permutation.h"

#include "kernels/lanes/lanes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace stationary {
namespace {

using Lane = ScalarLanes<float>;
using KeyedPermutation = Permutation<Lane>;

KeyedPermutation permutation(std::uint64_t number, std::uint32_t n) {
    std::uint32_t key[4];
    philox_block(2024, number, n, key);
    KeyedPermutation p;
    p.start(key, n);
    return p;
}

TEST(Permutation, is_a_bijection) {
    for (std::uint32_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 15U, 16U, 17U, 100U, 442U, 1023U, 1024U, 1025U, 65537U}) {
        for (std::uint64_t number = 0; number < (n > 2000 ? 2U : 50U); ++number) {
            const KeyedPermutation p = permutation(number, n);
            std::vector<bool> seen(n, false);
            for (std::uint32_t x = 0; x < n; ++x) {
                const std::uint32_t y = p(x);
                ASSERT_LT(y, n);
                ASSERT_FALSE(seen[y]);
                seen[y] = true;
            }
        }
    }
}

TEST(Permutation, several_positions_at_a_time_go_where_each_goes_alone) {
    const KeyedPermutation p = permutation(3, 442);
    for (std::uint32_t x = 0; x + 4 <= 442; ++x) {
        std::uint32_t together[4] = {x, x + 1, x + 2, x + 3};
        p.apply(together);
        for (std::uint32_t k = 0; k < 4; ++k) EXPECT_EQ(together[k], p(x + k));
    }
}

TEST(Permutation, stays_in_range_for_the_largest_sets) {
    for (std::uint32_t n : {(1U << 31) - 1, (1U << 30) + 1, 1U << 30}) {
        const KeyedPermutation p = permutation(1, n);
        std::set<std::uint32_t> images;
        for (std::uint32_t x = 0; x < 1000; ++x) {
            const std::uint32_t place = n - 1 - x;
            EXPECT_LT(p(place), n);
            images.insert(p(place));
        }
        EXPECT_EQ(images.size(), 1000U);
    }
}

/// χ² of counts that are equal in expectation.
double chi_square(const std::vector<std::int64_t>& counts, double expected) {
    double sum = 0.0;
    for (const std::int64_t c : counts) {
        const double difference = static_cast<double>(c) - expected;
        sum += difference * difference / expected;
    }
    return sum;
}

/// How far counts depart from equality, about N(0, 1): the cube root of χ²/k is nearly normal for any number k of
/// degrees of freedom (Wilson & Hilferty, PNAS 1931).
double excess(const std::vector<std::int64_t>& counts, double expected, double degrees_of_freedom) {
    const double variance = 2.0 / (9.0 * degrees_of_freedom);
    return (std::cbrt(chi_square(counts, expected) / degrees_of_freedom) - (1.0 - variance)) / std::sqrt(variance);
}

/// Counts over many keys: position → image, and (image of place a, image of place b).
struct Frequencies {
    std::vector<std::int64_t> image;
    std::vector<std::int64_t> pair;
};
template <class Make>
Frequencies frequencies(std::uint32_t n, std::int64_t trials, std::uint32_t a, std::uint32_t b, Make&& make) {
    Frequencies f{std::vector<std::int64_t>(n * n), std::vector<std::int64_t>(n * (n - 1))};
    for (std::int64_t t = 0; t < trials; ++t) {
        const auto p = make(static_cast<std::uint64_t>(t), n);
        for (std::uint32_t x = 0; x < n; ++x) ++f.image[x * n + p(x)];
        const std::uint32_t first = p(a), second = p(b);
        ++f.pair[first * (n - 1) + (second > first ? second - 1 : second)];
    }
    return f;
}

// Position and pair frequencies, which fix the covariance of every minibatch. Each excess is close to N(0, 1): beyond 6
// with probability 2e-9, 33 are looked at. With 6·10⁴ keys at n = 17 a pair probability that is off by 6 % everywhere
// shows.
TEST(StatisticalPermutation, positions_and_pairs_are_uniform) {
    for (std::uint32_t n : {2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 15U, 16U, 17U, 31U, 32U, 33U, 63U, 65U}) {
        const std::int64_t trials = n <= 10 ? 100000 : n <= 17 ? 60000 : 20000;
        const Frequencies f = frequencies(n, trials, n / 2, n - 1, permutation);
        const double count = static_cast<double>(trials), size = n;
        EXPECT_LT(std::abs(excess(f.image, count / size, (size - 1) * (size - 1))), 6.0) << n;
        if (n > 2) {
            EXPECT_LT(std::abs(excess(f.pair, count / (size * (size - 1)), size * (size - 1) - 1)), 6.0) << n;
        }
    }
}

/// The same shuffle cut to four rounds, as a bug would leave it.
class FewRounds {
  public:
    FewRounds(std::uint64_t number, std::uint32_t n) : n_(n) { philox_block(7, number, n, key_); }
    std::uint32_t operator()(std::uint32_t x) const {
        for (std::uint32_t r = 0; r < 4; ++r) {
            const std::uint32_t mirror = multiply_wide(key_[r], n_).high;
            const std::uint32_t partner = (mirror + n_ - x) % n_;
            std::uint32_t hash = (maximum(x, partner) ^ key_[3 - r]) * 0x85EBCA6BU;
            hash = (hash ^ (hash >> 15)) * 0xC2B2AE35U;
            x = select_by_top_bit(hash, partner, x);
        }
        return x;
    }

  private:
    std::uint32_t n_;
    std::uint32_t key_[4];
};

TEST(StatisticalPermutation, too_few_rounds_are_caught) {
    const Frequencies f =
        frequencies(17, 60000, 8, 16, [](std::uint64_t number, std::uint32_t n) { return FewRounds(number, n); });
    EXPECT_GT(excess(f.image, 60000.0 / 17, 256), 30.0);
    EXPECT_GT(excess(f.pair, 60000.0 / (17 * 16), 271), 30.0);
}

// Neighbouring epochs and neighbouring chains have unrelated orders: the joint frequencies of one place under two keys
// are uniform.
TEST(StatisticalPermutation, neighbouring_keys_are_unrelated) {
    constexpr std::uint32_t n = 9;
    std::vector<std::int64_t> counts(n * n);
    for (std::uint64_t t = 0; t < 100000; ++t) ++counts[permutation(2 * t, n)(3) * n + permutation(2 * t + 1, n)(3)];
    EXPECT_LT(std::abs(excess(counts, 100000.0 / (n * n), n * n - 1)), 6.0);
}

}  // namespace
}  // namespace stationary
