#include "kernels/cpu/shard_parts.h"

#include "kernels/cpu/shard_gathering.h"
#include "tests/kernel_support/backend_contract.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace stationary {
namespace {

using chain_programs::Momentum;

CellProgram program_of(std::int64_t shard_chains) {
    CellProgram program = chain_programs::langevin(2);
    program.shard_chains = shard_chains;
    return program;
}

/// Every chain of every shard lies in exactly one part, and a part in one shard.
void expect_a_partition(const ShardParts& parts, ShardRange range, std::int64_t shard_chains) {
    std::int64_t next = range.first * shard_chains;
    for (std::int64_t part = 0; part < parts.count(); ++part) {
        const ChainRange chains = parts.chains_of(part);
        ASSERT_EQ(chains.first, next);
        ASSERT_LT(chains.first, chains.last);
        ASSERT_EQ(parts.shard_of(part), chains.first / shard_chains);
        ASSERT_EQ(parts.shard_of(part), (chains.last - 1) / shard_chains);
        ASSERT_EQ((chains.first - parts.shard_of(part) * shard_chains) % ShardParts::widest_pack, 0);
        next = chains.last;
    }
    EXPECT_EQ(next, range.last * shard_chains);
}

TEST(ShardParts, hold_every_chain_once) {
    for (const std::int64_t shard_chains : {1, 15, 16, 17, 37, 256, 1000, 1024}) {
        for (const int threads : {1, 2, 3, 64}) {
            for (const ShardRange range : {ShardRange{0, 1}, ShardRange{5, 8}, ShardRange{7, 107}}) {
                expect_a_partition(ShardParts(program_of(shard_chains), range, threads), range, shard_chains);
            }
        }
    }
}

TEST(ShardParts, are_whole_shards_where_there_are_enough_of_them) {
    EXPECT_EQ(ShardParts(program_of(1024), {0, 1}, 1).parts_per_shard(), 1);
    EXPECT_EQ(ShardParts(program_of(1024), {0, 32}, 2).parts_per_shard(), 1);
    EXPECT_EQ(ShardParts(program_of(1024), {3, 3}, 2).count(), 0);
}

TEST(ShardParts, keep_all_threads_busy_where_shards_are_few) {
    EXPECT_GE(ShardParts(program_of(1024), {0, 1}, 2).count(), 32);
    EXPECT_GE(ShardParts(program_of(1024), {0, 3}, 4).count(), 48);
    EXPECT_EQ(ShardParts(program_of(64), {0, 1}, 8).count(), 4);  // no smaller than a pack
}

/// Moments with a different number in every field.
ShardMoments numbered(std::int64_t shard, int start, std::int64_t first_bad_step) {
    ShardMoments m;
    m.shard = shard;
    m.finite_draws = start;
    m.diverged_chains = start + 1;
    m.saturated_draws = start + 2;
    m.first_bad_step = first_bad_step;
    m.velocity_squares = start + 3;
    m.velocity_pulls = start + 4;
    m.sum = {start + 5, start + 6};
    m.products = {start + 7, start + 8, start + 9};
    return m;
}

TEST(ShardMomentsSum, adds_every_field_and_keeps_the_earliest_bad_step) {
    for (const auto& [a, b, earliest] : {std::array{-1, -1, -1}, {7, -1, 7}, {-1, 7, 7}, {9, 7, 7}, {7, 9, 7}}) {
        ShardMoments total = numbered(3, 100, a);
        add_moments(numbered(3, 1000, b), total);
        ShardMoments expected = numbered(3, 1100, earliest);
        expected.diverged_chains += 1;
        expected.saturated_draws += 2;
        expected.velocity_squares += 3;
        expected.velocity_pulls += 4;
        for (int i = 0; i < 2; ++i) expected.sum[static_cast<std::size_t>(i)] += 5 + i;
        for (int k = 0; k < 3; ++k) expected.products[static_cast<std::size_t>(k)] += 7 + k;
        EXPECT_EQ(total, expected);
    }
}

/// Delivers a shard when its last part has come, whatever the order, and only once.
TEST(ShardGathering, delivers_whole_shards) {
    std::vector<ShardMoments> delivered;
    const ShardSink sink = [&](ShardMoments&& m) {
        delivered.push_back(std::move(m));
        return true;
    };
    ShardGathering gathering(3, sink);
    for (const std::int64_t shard : {4, 5, 4, 5, 5}) {
        EXPECT_TRUE(gathering.begin(shard));
        gathering.add(numbered(shard, 10, -1));
    }
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].shard, 5);
    EXPECT_EQ(delivered[0].finite_draws, 30);
    gathering.add(numbered(4, 10, -1));
    ASSERT_EQ(delivered.size(), 2U);
    EXPECT_EQ(delivered[1].shard, 4);
}

TEST(ShardGathering, finishes_the_shards_in_flight_after_a_stop) {
    int delivered = 0;
    const ShardSink sink = [&](ShardMoments&&) {
        ++delivered;
        return false;
    };
    ShardGathering gathering(2, sink);
    EXPECT_TRUE(gathering.begin(0));
    EXPECT_TRUE(gathering.begin(0));
    EXPECT_TRUE(gathering.begin(1));
    gathering.add(numbered(0, 1, -1));
    gathering.add(numbered(0, 1, -1));  // the sink asks to stop
    EXPECT_FALSE(gathering.begin(2));
    EXPECT_TRUE(gathering.begin(1));
    gathering.add(numbered(1, 1, -1));
    gathering.add(numbered(1, 1, -1));
    EXPECT_EQ(delivered, 2);
}

/// One shard cut into many parts has the moments of the reference, those of chains that go wrong included.
TEST(ShardPartsOnTheBackend, give_the_moments_of_the_whole_shard) {
    for (const bool diverges : {false, true}) {
        CellProgram program = chain_programs::least_squares(10, 442, 3, Momentum::heavy_ball);
        program.shard_chains = 213;
        if (diverges) program.step_size = 1e6;
        const auto expected = backend_contract::reference_shards(program, {2, 3});
        EXPECT_EQ(expected[0].diverged_chains, diverges ? program.shard_chains : 0);
        for (const int threads : {1, 2, 5}) {
            EXPECT_EQ(backend_contract::run(*make_cpu_backend(threads, best_simd_level()), program, {2, 3}), expected)
                << threads;
        }
    }
}

}  // namespace
}  // namespace stationary
