#include "host/simulation.h"

#include "host/error.h"
#include "host/run.h"
#include "tests/journal_support.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace stationary {
namespace {

using namespace support;
using Clock = std::chrono::steady_clock;

/// Gives made-up moments, and throws after so many shards.
class FakeBackend final : public Backend {
  public:
    std::string kind = "cuda";
    std::int64_t shards_until_failure = -1;
    double seconds_per_shard = 0.0;

    [[nodiscard]] BackendInfo info() const override { return {kind, "fake", 1, ""}; }
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t) const override { return 0; }
    void run(const CellProgram&, ShardRange range, const ShardSink& sink) override {
        for (std::int64_t shard = range.first; shard < range.last; ++shard) {
            if (shards_until_failure-- == 0) throw std::runtime_error("an illegal memory access was encountered");
            std::this_thread::sleep_for(std::chrono::duration<double>(seconds_per_shard));
            if (!sink(made_up_moments(shard))) return;
        }
    }
};

struct Simulated : testing::Test {
    TemporaryDirectory directory;
    std::ostringstream stream;
    const StopRequest never{Clock::now(), std::nullopt};

    std::shared_ptr<Workload> workload(FakeBackend fake) {
        auto work = std::make_shared<Workload>();
        work->plans = made_up_plans(3, 8);
        work->backend = std::make_unique<FakeBackend>(std::move(fake));
        work->memory.shards_at_once = {3, 8, 8};
        const std::string path = directory.file("main.journal");
        work->journal = RunJournal{ShardStore(work->plans), nullptr};
        const auto end = work->journal->store.add_journal(path).end_of_records;
        work->journal->writer = std::make_unique<JournalWriter>(path, end);
        work->progress.emplace(ProgressStyle::none, stream, 0, 0.0, Progress::Clock::now());
        work->collection =
            std::make_unique<Collection>(work->plans, all_shards(work->plans), &*work->journal, *work->progress);
        return work;
    }
};

TEST_F(Simulated, RunsEveryShard) {
    const auto work = workload({});
    simulate(work, never);
    EXPECT_TRUE(work->collection->complete());
}

TEST_F(Simulated, ALostGpuHasItsExitCodeAndLeavesAJournalToGoOnFrom) {
    for (std::int64_t computed = 0, session = 0; computed < 24; ++session) {
        ASSERT_LT(session, 10);
        FakeBackend fake;
        fake.shards_until_failure = 5;
        const auto work = workload(std::move(fake));
        ASSERT_EQ(work->collection->resumed_shards(), computed);
        computed += 5;
        if (computed >= 24) {
            EXPECT_NO_THROW(simulate(work, never));
            EXPECT_TRUE(work->collection->complete());
            return;
        }
        try {
            simulate(work, never);
            FAIL() << "the GPU did not fail";
        } catch (const UserError& error) {
            EXPECT_EQ(error.code(), ExitCode::device_lost);
            EXPECT_NE(std::string(error.what()).find("illegal memory access"), std::string::npos);
        }
    }
}

TEST_F(Simulated, WhatTheJournalThrowsIsNoFailureOfTheGpu) {
    FakeBackend fake;
    const auto work = workload(std::move(fake));
    work->plans[0].program.shard_chains = 16;
    const Launch launch{*work->backend, work->plans[0].program, 8};
    const TimedSink full = [](ShardMoments&&, double) { throw FileError("no space left"); };
    EXPECT_THROW(run_shards(launch, {0, 8}, never, full), FileError);
}

TEST_F(Simulated, StopsBetweenShardsOnceTheLimitIsReached) {
    FakeBackend fake;
    fake.seconds_per_shard = 0.05;
    const auto work = workload(std::move(fake));
    simulate(work, StopRequest(Clock::now(), 0.12));
    EXPECT_FALSE(shards_left_behind());
    EXPECT_FALSE(work->collection->complete());
    const auto done = work->collection->close()[0].shards_done;
    EXPECT_GE(done, 1);
    EXPECT_LE(done, 4);
}

TEST(Worker, GivesWhatItsBodyThrew) {
    Worker worker([] { throw std::runtime_error("broken"); });
    EXPECT_TRUE(worker.wait(10.0));
    EXPECT_THROW(worker.rethrow(), std::runtime_error);
}

TEST(Worker, WaitsNoLongerThanItIsTold) {
    Worker worker([] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); });
    EXPECT_FALSE(worker.wait(0.01));
    EXPECT_TRUE(worker.wait(10.0));
}

}  // namespace
}  // namespace stationary
