#include "host/memory_plan.h"

#include "host/error.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stationary {
namespace {

/// A backend whose launches take `fixed` bytes and `per_shard` more for each shard; it runs nothing.
class CountingBackend final : public Backend {
  public:
    CountingBackend(std::int64_t fixed, std::int64_t per_shard) : fixed_(fixed), per_shard_(per_shard) {}
    [[nodiscard]] BackendInfo info() const override { return {"cpu", "counting", 1, "generic"}; }
    void run(const CellProgram&, ShardRange, const ShardSink&) override {}
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t shards) const override {
        return fixed_ + per_shard_ * shards;
    }

  private:
    std::int64_t fixed_;
    std::int64_t per_shard_;
};

CellPlan plan_of(int dimension, std::int64_t shards) {
    CellPlan plan;
    plan.program.dimension = dimension;
    plan.shards = shards;
    return plan;
}

TEST(MemoryPlan, GivesAllShardsAtOnceWhereTheyFit) {
    const MemoryPlan memory = plan_memory(CountingBackend(1000, 10), {plan_of(2, 64), plan_of(2, 4096)}, 1 << 30);
    EXPECT_EQ(memory.shards_at_once, (std::vector<std::int64_t>{64, 4096}));
    EXPECT_EQ(memory.peak, memory.host + 1000 + 10 * 4096);
}

TEST(MemoryPlan, SplitsACellIntoTheLargestLaunchesUnderTheBudget) {
    const std::vector<CellPlan> plans{plan_of(1, 1000)};
    const std::int64_t available = (host_bytes(plans) + 100 + 10 * 333 + 5) * 4 / 3 + 4;
    const CountingBackend backend(100, 10);
    const MemoryPlan memory = plan_memory(backend, plans, available);
    EXPECT_EQ(memory.shards_at_once, std::vector<std::int64_t>{333});
    EXPECT_LE(memory.peak, memory.budget);
    EXPECT_GT(memory.host + backend.memory_bytes(plans[0].program, 334), memory.budget);
}

TEST(MemoryPlan, RefusesInOneLineWhatCannotFit) {
    try {
        plan_memory(CountingBackend(std::int64_t{1} << 40, 10), {plan_of(1, 64)}, 1 << 30);
        FAIL() << "a tebibyte was accepted";
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_NE(message.find("not enough memory"), std::string::npos);
        EXPECT_NE(message.find("1.0 TiB"), std::string::npos);
        EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 0);
    }
}

TEST(MemoryPlan, HostBytesGrowWithShardsAndCells) {
    const std::int64_t one = host_bytes({plan_of(10, 64)});
    EXPECT_EQ(one, 64 * 100 * 8 + 64 * (55 + 10) * 16);
    // Moments are those of one cell at a time; estimates stay.
    EXPECT_EQ(host_bytes({plan_of(10, 64), plan_of(10, 64)}), one + 64 * 100 * 8);
}

TEST(MemoryPlan, ReadsTheMachinesAndTheGroupsFiles) {
    EXPECT_EQ(parse_memory_available("MemTotal: 100 kB\nMemFree: 7 kB\nMemAvailable:   42 kB\n"), 42 * 1024);
    EXPECT_EQ(parse_memory_available("MemTotal: 100 kB\n"), -1);
    EXPECT_EQ(parse_memory_available(""), -1);
    EXPECT_EQ(parse_group_headroom("1000\n", "400\n"), 600);
    EXPECT_EQ(parse_group_headroom("1000\n", "1400\n"), 0);
    EXPECT_EQ(parse_group_headroom("max\n", "400\n"), -1);
    EXPECT_EQ(parse_group_headroom("9223372036854771712\n", "400\n"), -1);
    EXPECT_EQ(parse_group_headroom("", ""), -1);
}

TEST(MemoryPlan, FindsSomeMemoryHere) { EXPECT_GT(available_memory(), 1 << 20); }

}  // namespace
}  // namespace stationary
