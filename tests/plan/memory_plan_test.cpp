#include "host/plan/memory_plan.h"

#include "host/base/error.h"
#include "host/report/dry_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace stationary {
namespace {

/// A backend whose launches take `fixed` bytes and `per_shard` more for each shard; it runs nothing.
class CountingBackend final : public Backend {
  public:
    CountingBackend(std::int64_t fixed, std::int64_t per_shard, std::string kind = "cpu", int workers = 1,
                    int devices = 1)
        : fixed_(fixed), per_shard_(per_shard), info_{std::move(kind), "counting", 1, "generic", devices, workers} {}
    [[nodiscard]] BackendInfo info() const override { return info_; }
    void run(const CellProgram&, ShardRange, const ShardSink&) override {}
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t shards) const override {
        return fixed_ + per_shard_ * shards;
    }

  private:
    std::int64_t fixed_;
    std::int64_t per_shard_;
    BackendInfo info_;
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

TEST(MemoryPlan, LaunchesOfAGpuDoNotCountAsMemoryOfThisMachine) {
    const std::vector<CellPlan> plans{plan_of(1, 1000), plan_of(1, 64)};
    const CountingBackend backend(std::int64_t{1} << 36, 10, "cuda");
    const MemoryPlan memory = plan_memory(backend, plans, std::int64_t{1} << 30);
    EXPECT_EQ(memory.shards_at_once, (std::vector<std::int64_t>{1000, 64}));
    EXPECT_EQ(memory.peak, memory.host);
    EXPECT_EQ(memory.device, (std::int64_t{1} << 36) + 10 * 1000);
    EXPECT_NE(memory_line(memory).find("at most 64.0 GiB on each GPU"), std::string::npos) << memory_line(memory);
    EXPECT_EQ(memory_line(plan_memory(CountingBackend(1, 1), plans, 1 << 30)).find("GPU"), std::string::npos);
    EXPECT_THROW(plan_memory(backend, plans, host_bytes(plans)), InputError);
}

TEST(MemoryPlan, EveryWorkerHasALaunchInFlight) {
    const std::vector<CellPlan> plans{plan_of(1, 1000), plan_of(1, 40), plan_of(1, 500)};
    const std::int64_t moments = (1 + 1) * 16;  // bytes of a shard's integers
    EXPECT_EQ(host_bytes(plans, 2), host_bytes(plans, 1) + 500 * moments) << "the two largest cells";
    EXPECT_EQ(host_bytes(plans, 8), host_bytes(plans, 1) + 540 * moments);
    const std::int64_t available = (host_bytes(plans, 3) + 3 * (100 + 10 * 333)) * 4 / 3 + 4;
    const MemoryPlan memory = plan_memory(CountingBackend(100, 10, "cpu", 3), plans, available);
    EXPECT_EQ(memory.shards_at_once, (std::vector<std::int64_t>{333, 40, 333}));
    EXPECT_EQ(memory.peak, memory.host + 3 * (100 + 10 * 333));
    const MemoryPlan gpus = plan_memory(CountingBackend(100, 10, "cuda", 16, 2), plans, 1 << 30);
    EXPECT_EQ(gpus.device, 8 * (100 + 10 * 1000)) << "eight streams on each of two";
    EXPECT_EQ(gpus.host, host_bytes(plans, 16));
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
    // Nine matrices and five written ones; each shard's covariance, mean and velocity square; then its integers.
    const std::int64_t results = 100 * (9 * 8 + 5 * 24);
    EXPECT_EQ(one, results + 64 * 111 * 8 + 64 * (55 + 10) * 16);
    // Moments are those of one cell at a time; estimates stay.
    EXPECT_EQ(host_bytes({plan_of(10, 64), plan_of(10, 64)}), one + results + 64 * 111 * 8);
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
