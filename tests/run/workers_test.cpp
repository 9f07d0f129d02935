#include "host/run/workers.h"

#include "host/base/error.h"
#include "host/run/run_shards.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace stationary {
namespace {

using namespace support;
using Clock = std::chrono::steady_clock;

/// What happened in a fake backend.
struct Seen {
    std::mutex lock;
    std::condition_variable changed;
    int running = 0;
    int most_running = 0;
    std::int64_t computed = 0;

    void begin() {
        const std::lock_guard guard(lock);
        most_running = std::max(most_running, ++running);
        changed.notify_all();
    }
    void end() {
        const std::lock_guard guard(lock);
        --running;
    }
    /// Waits for so many calls of run at once, no longer than a good while.
    void wait_for(int calls) {
        std::unique_lock guard(lock);
        changed.wait_for(guard, std::chrono::seconds(10), [&] { return most_running >= calls; });
    }
};

/// Gives made-up moments, and throws after so many shards.
class FakeBackend final : public Backend {
  public:
    std::string kind = "cuda";
    int workers = 1;
    std::int64_t shards_until_failure = -1;
    double seconds_per_shard = 0.0;
    int runs_at_once = 1;      ///< each call waits until there are so many
    bool ends_a_shard = true;  ///< or takes launch after launch until it is told to stop
    std::shared_ptr<Seen> seen = std::make_shared<Seen>();

    [[nodiscard]] BackendInfo info() const override { return {kind, "fake", 1, "", 1, workers}; }
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t) const override { return 0; }
    void run(const CellProgram&, ShardRange range, const ShardSink& sink) override {
        seen->begin();
        seen->wait_for(runs_at_once);
        run_shards_of(range, sink);
        seen->end();
    }

  private:
    void run_shards_of(ShardRange range, const ShardSink& sink) {
        for (std::int64_t shard = range.first; shard < range.last; ++shard) {
            {
                const std::lock_guard guard(seen->lock);
                if (seen->computed++ == shards_until_failure)
                    throw std::runtime_error("an illegal memory access was encountered");
            }
            std::this_thread::sleep_for(std::chrono::duration<double>(seconds_per_shard));
            while (!ends_a_shard) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                if (sink.stop()) return;
            }
            if (!sink(made_up_moments(shard))) return;
        }
    }
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

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
        collect(*work);
        return work;
    }

    /// Without a journal, so that nothing is there at the start.
    std::shared_ptr<Workload> fresh_workload(FakeBackend fake) {
        auto work = std::make_shared<Workload>();
        work->plans = made_up_plans(3, 8);
        work->backend = std::make_unique<FakeBackend>(std::move(fake));
        work->memory.shards_at_once = {3, 8, 8};
        collect(*work);
        return work;
    }

  private:
    void collect(Workload& work) {
        work.progress.emplace(ProgressStyle::none, stream, 0, 0.0, Progress::Clock::now());
        work.collection = std::make_unique<Collection>(work.plans, all_shards(work.plans),
                                                       work.journal ? &*work.journal : nullptr, *work.progress);
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

TEST_F(Simulated, AnyNumberOfWorkersRunsEveryShardOnceAndGivesTheSame) {
    std::vector<std::uint64_t> expected;
    for (const int workers : {1, 2, 5, 8}) {
        FakeBackend fake;
        fake.workers = workers;
        const auto seen = fake.seen;
        const auto work = fresh_workload(std::move(fake));
        simulate(work, never);
        EXPECT_TRUE(work->collection->complete());
        EXPECT_EQ(seen->computed, 24) << "a shard was run twice";
        std::vector<std::uint64_t> fingerprints;
        for (const CellRun& run : work->collection->close()) fingerprints.push_back(run.estimate->fingerprint);
        if (expected.empty()) expected = fingerprints;
        EXPECT_EQ(fingerprints, expected) << workers << " workers";
    }
}

TEST_F(Simulated, WorkersRunAtTheSameTime) {
    FakeBackend fake;
    fake.workers = fake.runs_at_once = 3;
    const auto seen = fake.seen;
    const auto work = fresh_workload(std::move(fake));
    simulate(work, never);
    EXPECT_EQ(seen->most_running, 3);
    EXPECT_TRUE(work->collection->complete());
}

TEST_F(Simulated, CellsAreChargedNoMoreThanTheTimeThatPassed) {
    FakeBackend fake;
    fake.workers = 4;
    fake.seconds_per_shard = 0.01;
    const auto work = fresh_workload(std::move(fake));
    const auto start = Clock::now();
    simulate(work, never);
    const double passed = seconds_since(start);
    double charged = 0.0;
    for (const CellRun& run : work->collection->close()) charged += run.seconds;
    EXPECT_LE(charged, passed);
    EXPECT_GT(charged, 0.3 * passed);
}

TEST_F(Simulated, StopsBetweenLaunchesAndDropsTheShardsInFlight) {
    FakeBackend fake;
    fake.workers = 4;
    fake.ends_a_shard = false;
    const auto seen = fake.seen;
    const auto work = fresh_workload(std::move(fake));
    const auto start = Clock::now();
    simulate(work, StopRequest(start, 0.1));
    EXPECT_LT(seconds_since(start), 0.5 * grace_seconds);
    EXPECT_FALSE(shards_left_behind());
    EXPECT_EQ(seen->running, 0);
    for (const CellRun& run : work->collection->close()) EXPECT_EQ(run.shards_done, 0);
}

TEST_F(Simulated, AWorkerThatFailsStopsTheOthersAndIsHeardOf) {
    FakeBackend fake;
    fake.workers = fake.runs_at_once = 3;
    fake.shards_until_failure = 2;
    fake.ends_a_shard = false;
    const auto work = fresh_workload(std::move(fake));
    const auto start = Clock::now();
    try {
        simulate(work, never);
        FAIL() << "the GPU did not fail";
    } catch (const UserError& error) {
        EXPECT_EQ(error.code(), ExitCode::device_lost);
    }
    EXPECT_LT(seconds_since(start), 0.5 * grace_seconds);
    EXPECT_FALSE(shards_left_behind());
}

TEST(Crew, GivesWhatTheFirstThatFailedThrew) {
    const StopRequest never(Clock::now(), std::nullopt);
    std::atomic<int> number{0};
    Crew crew(3, never, [&number](const StopRequest& stop) {
        if (number++ == 1) throw std::runtime_error("broken");
        while (!stop.stop()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        throw std::logic_error("stopped");
    });
    EXPECT_TRUE(crew.wait(10.0));
    EXPECT_TRUE(crew.failed());
    EXPECT_THROW(crew.rethrow(), std::runtime_error);
    EXPECT_FALSE(never.stop()) << "only the crew is asked to stop";
}

TEST(Crew, WaitsNoLongerThanItIsToldAndAsksToStopWhenItGoes) {
    const StopRequest never(Clock::now(), std::nullopt);
    std::atomic<int> ended{0};
    const auto start = Clock::now();
    {
        Crew crew(3, never, [&ended](const StopRequest& stop) {
            while (!stop.stop()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            ++ended;
        });
        EXPECT_FALSE(crew.wait(0.05));
        EXPECT_FALSE(crew.failed());
        EXPECT_NO_THROW(crew.rethrow());
        EXPECT_LT(seconds_since(start), 1.0);
    }
    EXPECT_EQ(ended, 3);
    EXPECT_FALSE(shards_left_behind());
}

/// In a process of its own, which then leaves as main does.
void leave_one_behind() {
    const StopRequest never(Clock::now(), std::nullopt);
    const auto number = std::make_shared<std::atomic<int>>(0);
    Crew crew(3, never, [number](const StopRequest&) {
        if ((*number)++ == 1) std::this_thread::sleep_for(std::chrono::hours(1));
    });
    while (*number < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (crew.wait(0.1)) _exit(1);
    crew.leave_behind();
    _exit(shards_left_behind() ? 75 : 2);
}

TEST(CrewDeathTest, AWorkerThatDoesNotEndIsLeftBehind) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(leave_one_behind(), testing::ExitedWithCode(75), "");
}

TEST(Worker, WaitsNoLongerThanItIsTold) {
    Worker worker([] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); });
    EXPECT_FALSE(worker.wait(0.01));
    EXPECT_TRUE(worker.wait(10.0));
}

}  // namespace
}  // namespace stationary
