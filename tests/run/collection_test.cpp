#include "host/run/collection.h"

#include "host/base/error.h"
#include "host/run/run_shards.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>

namespace stationary {
namespace {

using namespace support;

struct Collected : testing::Test {
    TemporaryDirectory directory;
    std::vector<CellPlan> plans = made_up_plans(3, 8);
    std::ostringstream stream;
    std::optional<Progress> progress;

    std::string path() const { return directory.file("main.journal"); }

    RunJournal open() const {
        RunJournal journal{ShardStore(plans), nullptr};
        const auto end = journal.store.add_journal(path()).end_of_records;
        journal.writer = std::make_unique<JournalWriter>(path(), end);
        return journal;
    }
    std::unique_ptr<Collection> collect(RunJournal* journal) {
        progress.emplace(ProgressStyle::none, stream, 0, 0.0, Progress::Clock::now());
        return std::make_unique<Collection>(plans, all_shards(plans), journal, *progress);
    }
    /// Works off everything, in tasks of this size.
    static std::int64_t work_off(Collection& collection, const TaskSize& size,
                                 std::int64_t most = std::int64_t{1} << 40) {
        std::int64_t shards = 0;
        while (const auto task = collection.next_task(size)) {
            for (std::int64_t shard = task->range.first; shard < task->range.last; ++shard) {
                if (shards == most) return shards;
                collection.add(task->cell, made_up_moments(shard), 0.5);
                ++shards;
            }
        }
        return shards;
    }
    std::vector<std::uint64_t> fingerprints(const std::vector<CellRun>& runs) const {
        std::vector<std::uint64_t> list;
        for (const CellRun& run : runs) list.push_back(run.estimate ? run.estimate->fingerprint : 0);
        return list;
    }
};

TEST_F(Collected, HandsOutEveryShardOnceInTasksOfAnySize) {
    std::vector<std::uint64_t> expected;
    for (const TaskSize size : {TaskSize{1, 0, 1}, TaskSize{3, 0, 100}, TaskSize{1, 40, 100}, TaskSize{1, 0, 4}}) {
        const auto collection = collect(nullptr);
        EXPECT_EQ(work_off(*collection, size), 24);
        EXPECT_TRUE(collection->complete());
        const auto runs = collection->close();
        EXPECT_EQ(runs[1].shards_done, 8);
        EXPECT_DOUBLE_EQ(runs[1].seconds, 4.0);
        if (expected.empty()) expected = fingerprints(runs);
        EXPECT_EQ(fingerprints(runs), expected);
    }
}

TEST_F(Collected, TheLastTasksAreTheShortOnes) {
    plans = made_up_plans(1, 64);
    const auto collection = collect(nullptr);
    std::int64_t before = 64;
    for (std::int64_t left = 64; const auto task = collection->next_task({2, 0, 4});) {
        const std::int64_t size = task->range.last - task->range.first;
        EXPECT_LE(size, std::max<std::int64_t>(2, (left + 3) / 4));
        EXPECT_LE(size, before);
        before = size;
        left -= size;
    }
    EXPECT_EQ(before, 2);
}

TEST_F(Collected, TasksAreWholeCellsForOneWorkerAndSeveralForEachOfMany) {
    plans = made_up_plans(2, 64);
    BackendInfo backend{"cpu", "", 4, ""};
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 1))->range.last, 64);
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 4))->range.last, 128 / 8);
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 64))->range.last, 4) << "a shard per thread";
    backend = {"cuda", "", 0, "", 2, 16};
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 1))->range.last, 64) << "small cells are whole tasks";
    for (CellPlan& plan : plans) plan.program.shard_chains = 1 << 14;
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 1))->range.last, 4);
    for (CellPlan& plan : plans) plan.program.shard_chains = 1 << 18;
    EXPECT_EQ(collect(nullptr)->next_task(task_size(backend, 1))->range.last, 128 / 32);
}

TEST_F(Collected, GoesOnFromTheJournalAndEndsAlike) {
    const auto whole = collect(nullptr);
    work_off(*whole, {});
    const auto expected = fingerprints(whole->close());
    std::int64_t computed = 0;
    for (int session = 0; session < 30 && computed < 24; ++session) {
        RunJournal journal = open();
        const auto collection = collect(&journal);
        EXPECT_EQ(collection->resumed_shards(), computed);
        computed += work_off(*collection, {1, 0, 3}, 1 + session % 4);
        collection->close();
    }
    EXPECT_EQ(computed, 24) << "a shard was lost, or computed twice";
    RunJournal journal = open();
    const auto resumed = collect(&journal);
    EXPECT_TRUE(resumed->complete());
    const auto runs = resumed->close();
    EXPECT_EQ(fingerprints(runs), expected);
    EXPECT_DOUBLE_EQ(runs[0].seconds, 4.0);
    EXPECT_EQ(progress->state().shards_done, 24);
}

TEST_F(Collected, AShardThatComesTwiceCountsOnce) {
    RunJournal journal = open();
    const auto collection = collect(&journal);
    collection->add(0, made_up_moments(3), 1.0);
    collection->add(0, made_up_moments(3), 1.0);
    EXPECT_EQ(collection->close()[0].shards_done, 1);
    EXPECT_EQ(open().store.repeated_records(), 0);
}

TEST_F(Collected, WhatIsGivenBackIsHandedOutAgain) {
    const auto collection = collect(nullptr);
    const auto task = collection->next_task({});
    collection->add(0, made_up_moments(2), 1.0);
    collection->give_back(*task);
    EXPECT_EQ(work_off(*collection, {}), 23);
    EXPECT_TRUE(collection->complete());
}

TEST_F(Collected, NothingCountsAfterItIsClosed) {
    RunJournal journal = open();
    const auto collection = collect(&journal);
    collection->add(0, made_up_moments(2), 1.0);
    EXPECT_EQ(collection->close()[0].shards_done, 1);
    collection->add(0, made_up_moments(3), 1.0);
    EXPECT_FALSE(collection->next_task({}));
    EXPECT_EQ(open().store.count(0), 1);
}

TEST_F(Collected, OnlyTheSharesShardsAreRunAndWaitedFor) {
    progress.emplace(ProgressStyle::none, stream, 0, 0.0, Progress::Clock::now());
    Collection collection(plans, {{2, 5}, {0, 0}, {7, 8}}, nullptr, *progress);
    EXPECT_EQ(collection.wanted_shards(), 4);
    EXPECT_EQ(work_off(collection, {}), 4);
    EXPECT_TRUE(collection.complete());
    const auto runs = collection.close();
    EXPECT_EQ(runs[0].shards_done, 3);
    EXPECT_FALSE(runs[1].estimate);
    EXPECT_EQ(progress->state().shards_total, 4);
}

TEST_F(Collected, ProgressCountsWhatWasThereButNotItsTime) {
    {
        RunJournal journal = open();
        work_off(*collect(&journal), {}, 20);
    }
    RunJournal journal = open();
    const auto collection = collect(&journal);
    EXPECT_EQ(progress->state().shards_done, 20);
    EXPECT_EQ(progress->state().shards_total, 24);
    EXPECT_DOUBLE_EQ(progress->state().work_done, 0.0);
    work_off(*collection, {});
    EXPECT_DOUBLE_EQ(progress->state().work_done, progress->state().work_total);
}

}  // namespace
}  // namespace stationary
