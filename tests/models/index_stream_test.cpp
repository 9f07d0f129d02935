#include "kernels/models/index_stream.h"

#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace stationary {
namespace {

using Lanes = ScalarLanes<float>;
constexpr std::uint64_t key = 0x0123456789abcdefULL;
constexpr std::uint64_t edge = std::uint64_t{1} << 32;

using Batch = std::vector<std::uint32_t>;

ChainArgs<float> args_for(BatchSampling sampling, std::uint32_t training_points, std::int64_t batch_size) {
    ChainArgs<float> args{};
    args.key = key;
    args.sampling = sampling;
    args.training_points = training_points;
    args.batch_size = batch_size;
    return args;
}

/// The batches of steps `first`, first + 1, … of a chain.
std::vector<Batch> batches(const ChainArgs<float>& args, std::uint64_t chain, std::int64_t first, int steps) {
    IndexStream<Lanes> stream(args, chain, first);
    std::vector<Batch> result(static_cast<std::size_t>(steps));
    for (Batch& batch : result) {
        float none[1] = {};
        stream.add_batch(none, [&](std::uint32_t index, float(&)[1]) { batch.push_back(index); });
        EXPECT_EQ(batch.size(), static_cast<std::size_t>(args.batch_size));
    }
    return result;
}

/// Block `block` of a purpose, straight from the documented layout.
void documented_block(NoisePurpose purpose, std::uint64_t chain, std::uint64_t block, std::uint32_t (&words)[4]) {
    philox_block(key, (static_cast<std::uint64_t>(purpose) << 56) + block, chain, words);
}

/// With replacement: ⌊word·N / 2³²⌋ of word u.
std::uint32_t documented_index(std::uint64_t chain, std::uint64_t u, std::uint32_t n) {
    std::uint32_t words[4];
    documented_block(NoisePurpose::minibatch_index, chain, u / 4, words);
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(words[u % 4]) * n) >> 32);
}

/// The order of an epoch (of a step, without replacement): all N places under the permutation whose key is its block.
Batch documented_order(std::uint64_t chain, std::uint64_t epoch, std::uint32_t n) {
    std::uint32_t words[4];
    documented_block(NoisePurpose::epoch_order, chain, epoch, words);
    Permutation<Lanes> permutation;
    permutation.start(words, n);
    Batch order;
    for (std::uint32_t place = 0; place < n; ++place) order.push_back(permutation(place));
    return order;
}

TEST(IndexStream, with_replacement_indices_come_in_linear_order) {
    for (const std::int64_t b : {1, 2, 3, 4, 7}) {
        const auto batch_size = static_cast<std::uint64_t>(b);
        for (const std::uint64_t chain : {std::uint64_t{3}, edge - 1, edge, edge + 1}) {
            for (const std::uint64_t step :
                 {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{6}, edge - 1, 4 * edge - 3, 4 * edge + 1}) {
                std::uint64_t u = step * batch_size;
                const auto args = args_for(BatchSampling::with_replacement, 442, b);
                for (const Batch& batch : batches(args, chain, static_cast<std::int64_t>(step), 9)) {
                    for (const std::uint32_t index : batch) ASSERT_EQ(index, documented_index(chain, u++, 442));
                }
            }
        }
    }
}

TEST(IndexStream, without_replacement_takes_the_first_places_of_an_order_per_step) {
    const auto args = args_for(BatchSampling::without_replacement, 23, 5);
    for (const std::uint64_t chain : {std::uint64_t{3}, edge + 1}) {
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{7}, edge - 2}) {
            std::uint64_t step = first;
            for (const Batch& batch : batches(args, chain, static_cast<std::int64_t>(first), 6)) {
                Batch expected = documented_order(chain, step++, 23);
                expected.resize(5);
                ASSERT_EQ(batch, expected) << step;
            }
        }
    }
}

TEST(IndexStream, reshuffle_takes_the_places_of_an_epoch_one_batch_after_the_other) {
    const auto args = args_for(BatchSampling::reshuffle, 23, 5);  // epochs of 4 steps, 3 places left over
    for (const std::uint64_t chain : {std::uint64_t{3}, edge + 1}) {
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{7}, 4 * edge - 2}) {
            std::uint64_t step = first;
            for (const Batch& batch : batches(args, chain, static_cast<std::int64_t>(first), 10)) {
                const Batch order = documented_order(chain, step / 4, 23);
                const auto start = order.begin() + static_cast<std::ptrdiff_t>(step % 4 * 5);
                ASSERT_EQ(batch, Batch(start, start + 5)) << step;
                ++step;
            }
        }
    }
}

struct Case {
    std::uint32_t training_points;
    std::int64_t batch_size;
};
const Case cases[] = {{1, 1}, {2, 1},  {2, 2},  {5, 3},   {7, 2},   {8, 4},     {8, 8},
                      {9, 5}, {17, 4}, {64, 9}, {65, 13}, {442, 1}, {442, 221}, {442, 300}};

std::size_t distinct(const Batch& indices) { return std::set<std::uint32_t>(indices.begin(), indices.end()).size(); }

TEST(IndexStream, a_batch_without_replacement_has_no_index_twice) {
    for (const auto& [n, b] : cases) {
        for (const BatchSampling sampling : {BatchSampling::without_replacement, BatchSampling::reshuffle}) {
            for (const Batch& batch : batches(args_for(sampling, n, b), 5, 0, 40)) {
                ASSERT_EQ(distinct(batch), static_cast<std::size_t>(b)) << n;
                for (const std::uint32_t index : batch) ASSERT_LT(index, n);
            }
        }
    }
}

/// Every epoch visits each index at most once, and, where B divides N, each exactly once.
TEST(IndexStream, an_epoch_has_no_index_twice) {
    for (const auto& [n, b] : cases) {
        const std::int64_t epoch_steps = n / b;
        const auto all = batches(args_for(BatchSampling::reshuffle, n, b), 8, 0, static_cast<int>(20 * epoch_steps));
        for (std::size_t epoch = 0; epoch < 20; ++epoch) {
            Batch visited;
            for (std::int64_t j = 0; j < epoch_steps; ++j) {
                const Batch& batch = all[epoch * static_cast<std::size_t>(epoch_steps) + static_cast<std::size_t>(j)];
                visited.insert(visited.end(), batch.begin(), batch.end());
            }
            ASSERT_EQ(distinct(visited), visited.size()) << n << ' ' << b;
            ASSERT_EQ(visited.size(), static_cast<std::size_t>(epoch_steps * b));
            if (n % b == 0) {
                ASSERT_EQ(visited.size(), n);
            }
        }
    }
}

/// The points that an epoch leaves out are not the same ones in every epoch.
TEST(IndexStream, the_points_left_over_change) {
    std::set<std::uint32_t> left_out;
    for (const Batch& epoch : batches(args_for(BatchSampling::reshuffle, 10, 9), 2, 0, 200)) {
        for (std::uint32_t index = 0; index < 10; ++index) {
            if (std::find(epoch.begin(), epoch.end(), index) == epoch.end()) left_out.insert(index);
        }
    }
    EXPECT_EQ(left_out.size(), 10U);  // some index never left out in 200 epochs: 10·0.9²⁰⁰ = 7e-9
}

TEST(IndexStream, resuming_at_any_step_gives_the_same_batches) {
    constexpr int steps = 30;
    for (const BatchSampling sampling :
         {BatchSampling::with_replacement, BatchSampling::without_replacement, BatchSampling::reshuffle}) {
        for (const auto& [n, b] : cases) {
            const auto args = args_for(sampling, n, b);
            const std::vector<Batch> whole = batches(args, 11, 0, steps);
            for (int first = 1; first < steps; ++first) {
                ASSERT_EQ(batches(args, 11, first, steps - first),
                          std::vector<Batch>(whole.begin() + first, whole.end()))
                    << "N " << n << ", B " << b << ", step " << first;
            }
        }
    }
}

TEST(IndexStream, every_epoch_and_every_chain_has_an_order_of_its_own) {
    for (const BatchSampling sampling : {BatchSampling::without_replacement, BatchSampling::reshuffle}) {
        std::set<Batch> orders;
        for (const std::uint64_t chain : {std::uint64_t{0}, std::uint64_t{1}, edge, edge + 1}) {
            for (Batch& order : batches(args_for(sampling, 40, 40), chain, 0, 50)) orders.insert(std::move(order));
        }
        EXPECT_EQ(orders.size(), 200U);
    }
}

TEST(IndexStream, every_simd_level_gives_the_scalar_batches) {
    constexpr std::size_t steps = 9;
    for (const PackFunctions& pack : available_pack_functions()) {
        const auto lanes = static_cast<std::uint64_t>(pack.lanes);
        for (const BatchSampling sampling :
             {BatchSampling::with_replacement, BatchSampling::without_replacement, BatchSampling::reshuffle}) {
            for (const auto& [n, b] : {Case{1, 1}, Case{7, 3}, Case{442, 5}, Case{0x7fffffffU, 2}}) {
                const auto args = args_for(sampling, n, b);
                for (const std::int64_t first : {std::int64_t{0}, std::int64_t{3}, (std::int64_t{1} << 34) - 3}) {
                    std::vector<std::uint32_t> out(steps * static_cast<std::size_t>(b) * lanes);
                    pack.indices(args, edge - 2, first, steps, out.data());
                    for (std::uint64_t lane = 0; lane < lanes; ++lane) {
                        std::size_t next = lane;
                        for (const Batch& batch : batches(args, edge - 2 + lane, first, steps)) {
                            for (const std::uint32_t index : batch) {
                                ASSERT_EQ(out[next], index) << to_string(pack.level) << ", N " << n;
                                next += lanes;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// First word of index i: the least w with ⌊w·n/2³²⌋ = i, which is ⌈i·2³²/n⌉.
std::uint64_t first_word(std::uint64_t index, std::uint64_t n) { return (index * edge + n - 1) / n; }

/// Counts the words of every index, checking each boundary against the code.
void expect_even_shares(std::uint32_t n) {
    std::uint64_t total = 0;
    for (std::uint32_t index = 0; index < n; ++index) {
        const std::uint64_t first = first_word(index, n);
        const std::uint64_t last = first_word(index + 1, n) - 1;
        ASSERT_EQ(Lanes::multiply_high(static_cast<std::uint32_t>(first), n), index);
        ASSERT_EQ(Lanes::multiply_high(static_cast<std::uint32_t>(last), n), index);
        const std::uint64_t share = last - first + 1;
        ASSERT_TRUE(share == edge / n || share == edge / n + 1) << index;
        total += share;
    }
    EXPECT_EQ(total, edge);
}

TEST(IndexStream, index_bias) {
    for (const std::uint32_t n : {1U, 2U, 3U, 7U, 64U, 442U, 1000U, 65537U, 1000003U}) expect_even_shares(n);
    // The stated relative bias, 1e-7 at 442: one word more or less than 2³²/n.
    EXPECT_LE(442.0 * 0x1p-32, 1.1e-7);
}

/// z of the number of trials in which both of two indices are in a batch, against its exact probability.
double pair_inclusion_z(BatchSampling sampling, std::int64_t step, double probability) {
    constexpr int chains = 20000;
    int both = 0;
    for (std::uint64_t chain = 0; chain < chains; ++chain) {
        const Batch batch = batches(args_for(sampling, 8, 3), chain, step, 1).front();
        const bool first = std::find(batch.begin(), batch.end(), 2U) != batch.end();
        const bool second = std::find(batch.begin(), batch.end(), 5U) != batch.end();
        both += first && second ? 1 : 0;
    }
    return (both - chains * probability) / std::sqrt(chains * probability * (1.0 - probability));
}

// The frequency of a pair in a batch fixes the covariance of the minibatch gradient. |z| > 5 with probability 6e-7,
// four are looked at.
TEST(StatisticalIndexStream, pairs_are_in_a_batch_as_often_as_they_should) {
    constexpr double without_replacement = 3.0 * 2.0 / (8.0 * 7.0);
    constexpr double with_replacement = (512.0 - 2.0 * 343.0 + 216.0) / 512.0;  // 1 − 2(7/8)³ + (6/8)³
    EXPECT_LT(std::abs(pair_inclusion_z(BatchSampling::without_replacement, 4, without_replacement)), 5.0);
    EXPECT_LT(std::abs(pair_inclusion_z(BatchSampling::reshuffle, 4, without_replacement)), 5.0);
    EXPECT_LT(std::abs(pair_inclusion_z(BatchSampling::reshuffle, 5, without_replacement)), 5.0);
    EXPECT_LT(std::abs(pair_inclusion_z(BatchSampling::with_replacement, 4, with_replacement)), 5.0);
    EXPECT_GT(std::abs(pair_inclusion_z(BatchSampling::with_replacement, 4, without_replacement)), 7.0);
}

}  // namespace
}  // namespace stationary
