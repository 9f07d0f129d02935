#include "kernels/cuda/largest_launch.h"

#include "kernels/interface/backend.h"
#include "tests/kernel_support/chain_programs.h"
#include "tests/kernel_support/same_moments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

struct Full : std::runtime_error {
    Full() : std::runtime_error("full") {}
};

std::int64_t largest_that_fits(std::int64_t wanted, std::int64_t limit) {
    const auto made = make_largest<Full>(wanted, [limit](std::int64_t shards) {
        if (shards > limit) throw Full();
        return std::make_unique<std::int64_t>(shards);
    });
    EXPECT_EQ(*made, wanted);
    return wanted;
}

TEST(LargestLaunch, HalvesUntilItFits) {
    EXPECT_EQ(largest_that_fits(64, 1000), 64);
    EXPECT_EQ(largest_that_fits(64, 63), 32);
    EXPECT_EQ(largest_that_fits(64, 10), 8);
    EXPECT_EQ(largest_that_fits(7, 1), 1);
    EXPECT_EQ(largest_that_fits(1, 1), 1);
}

TEST(LargestLaunch, ASingleShardThatDoesNotFitIsAFailure) {
    std::int64_t shards = 5;
    EXPECT_THROW(make_largest<Full>(shards, [](std::int64_t) -> int { throw Full(); }), Full);
    EXPECT_EQ(shards, 1);
}

TEST(LargestLaunch, OtherFailuresPassAtOnce) {
    std::int64_t shards = 5;
    int tries = 0;
    const auto broken = [&tries](std::int64_t) -> int {
        ++tries;
        throw std::logic_error("broken");
    };
    EXPECT_THROW(make_largest<Full>(shards, broken), std::logic_error);
    EXPECT_EQ(tries, 1);
}

/// Runs a range in as large launches as a device of so many shards takes, as the CUDA backend does.
std::map<std::int64_t, ShardMoments> run_with_room_for(std::int64_t limit) {
    const CellProgram program = chain_programs::langevin(3);
    const auto backend = make_cpu_backend(1, SimdLevel::generic);
    std::int64_t at_once = 13;
    const auto room = make_largest<Full>(at_once, [limit](std::int64_t shards) {
        if (shards > limit) throw Full();
        return std::make_unique<int>(0);
    });
    EXPECT_LE(at_once, limit);
    std::map<std::int64_t, ShardMoments> moments;
    const ShardSink keep = [&moments](ShardMoments&& shard) {
        const std::int64_t id = shard.shard;
        EXPECT_TRUE(moments.emplace(id, std::move(shard)).second) << id;
        return true;
    };
    for (std::int64_t first = 0; first < 13; first += at_once)
        backend->run(program, {first, std::min<std::int64_t>(13, first + at_once)}, keep);
    return moments;
}

TEST(LargestLaunch, SplitLaunchesGiveTheSameMoments) {
    const auto whole = run_with_room_for(100);
    ASSERT_EQ(whole.size(), 13u);
    for (const std::int64_t limit : {1, 3, 5, 12}) {
        const auto split = run_with_room_for(limit);
        ASSERT_EQ(split.size(), 13u);
        for (const auto& [shard, moments] : split) same_moments::expect_same_moments(moments, whole.at(shard));
    }
}

}  // namespace
}  // namespace stationary
