#include "host/journal/shard_store.h"

#include "host/base/error.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

using namespace support;

const std::vector<CellPlan> plans = made_up_plans(3, 8);

std::string journal(const std::vector<std::pair<std::size_t, std::int64_t>>& shards) {
    std::string bytes;
    for (const auto& [cell, shard] : shards) bytes += encode(made_up_record(plans[cell], shard));
    return bytes;
}

struct Store : testing::Test {
    TemporaryDirectory directory;
    ShardStore store{plans};

    void add(const std::string& name, const std::string& bytes) {
        write_file(directory.file(name), bytes);
        store.add_journal(directory.file(name));
    }
};

TEST_F(Store, KnowsWhatIsThereAndReadsItBack) {
    add("a", journal({{0, 3}, {2, 0}, {0, 7}}));
    EXPECT_EQ(store.count(0), 2);
    EXPECT_EQ(store.count(1), 0);
    EXPECT_TRUE(store.has(2, 0));
    EXPECT_FALSE(store.has(0, 4));
    const auto shards = store.load(0);
    ASSERT_EQ(shards.size(), 2u);
    EXPECT_TRUE(same(shards[0].moments, made_up_moments(3)));
    EXPECT_TRUE(same(shards[1].moments, made_up_moments(7)));
    EXPECT_EQ(shards[0].seconds, 0.25);
}

TEST_F(Store, AShardThatStandsTwiceCountsOnce) {
    add("a", journal({{0, 3}, {0, 3}}));
    add("b", journal({{0, 3}, {0, 4}}));
    EXPECT_EQ(store.count(0), 2);
    EXPECT_EQ(store.load(0).size(), 2u);
    EXPECT_EQ(store.load(0)[0].journal, 0u);
    EXPECT_EQ(store.load(0)[1].journal, 1u);
    EXPECT_EQ(store.repeated_records(), 2);
}

TEST_F(Store, TwoResultsForOneShardAreRefused) {
    JournalRecord wrong = made_up_record(plans[0], 3);
    wrong.moments.products[0] += 1;
    add("a", journal({{0, 3}}));
    try {
        add("b", encode(wrong));
        FAIL() << "one of the two must be wrong";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("disagree about shard 3"), std::string::npos) << error.what();
    }
}

TEST_F(Store, RecordsOfOtherCellsPlansAndVersionsAreForeign) {
    JournalRecord cell = made_up_record(plans[0], 1);
    cell.cell_key = 1;
    JournalRecord plan = made_up_record(plans[0], 1);
    plan.plan_key ^= 1;
    JournalRecord version = made_up_record(plans[0], 1);
    version.version = "0.0.1";
    add("a", encode(cell) + encode(plan) + encode(version) + journal({{0, 8}, {0, -1}, {0, 2}}));
    EXPECT_EQ(store.foreign_records(), 5);
    EXPECT_EQ(store.count(0), 1);
    EXPECT_FALSE(store.has(0, 1));
}

TEST_F(Store, AJournalThatIsNotThereHoldsNothing) {
    store.add_journal(directory.file("absent"));
    EXPECT_EQ(store.count(0), 0);
}

TEST_F(Store, AFileThatChangedSinceIsAFileError) {
    add("a", journal({{0, 3}}));
    write_file(directory.file("a"), "");
    EXPECT_THROW(static_cast<void>(store.load(0)), FileError);
}

}  // namespace
}  // namespace stationary
