#include "host/run/shard_share.h"

#include "host/base/error.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace stationary {
namespace {

TEST(ShardShare, ReadsIndexAndCount) {
    const ShardShare share = parse_shard_share("2/8");
    EXPECT_EQ(share.index, 2);
    EXPECT_EQ(share.count, 8);
    EXPECT_TRUE(parse_shard_share("0/1").whole());
    for (const char* text : {"", "1", "8/8", "-1/8", "1/0", "a/b", "1/2/3", "1/ 2", "/2", "1/"})
        EXPECT_THROW(parse_shard_share(text), InputError) << text;
}

TEST(ShardShare, SharesAreDisjointCompleteAndEqualButForOne) {
    std::vector<CellPlan> plans = support::made_up_plans(40, 64);
    for (std::size_t i = 0; i < plans.size(); ++i) plans[i].shards = 64 + static_cast<std::int64_t>(i * i % 7);
    for (const std::int64_t count : {1, 2, 3, 5, 64, 100, 1000}) {
        std::vector<std::vector<int>> times(plans.size());
        for (std::size_t cell = 0; cell < plans.size(); ++cell) times[cell].resize(std::size_t(plans[cell].shards));
        std::vector<std::int64_t> sizes;
        for (std::int64_t index = 0; index < count; ++index) {
            const auto ranges = shards_of({index, count}, plans);
            sizes.push_back(0);
            for (std::size_t cell = 0; cell < plans.size(); ++cell)
                for (std::int64_t shard = ranges[cell].first; shard < ranges[cell].last; ++shard) {
                    ++times[cell][std::size_t(shard)];
                    ++sizes.back();
                }
        }
        for (const auto& cell : times)
            EXPECT_TRUE(std::all_of(cell.begin(), cell.end(), [](int n) { return n == 1; })) << count;
        const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
        EXPECT_LE(*most - *least, 1) << count;
    }
}

std::optional<ShardShare> in_array(const std::map<std::string, std::string>& variables) {
    return shard_share_of_array([&variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

std::map<std::string, std::string> task(int id, int count, int first, int last, int step) {
    return {{"SLURM_ARRAY_TASK_ID", std::to_string(id)},
            {"SLURM_ARRAY_TASK_COUNT", std::to_string(count)},
            {"SLURM_ARRAY_TASK_MIN", std::to_string(first)},
            {"SLURM_ARRAY_TASK_MAX", std::to_string(last)},
            {"SLURM_ARRAY_TASK_STEP", std::to_string(step)}};
}

TEST(ShardShare, AJobArrayMayStartAnywhereAndTakeSteps) {
    EXPECT_FALSE(in_array({}));
    EXPECT_EQ(in_array(task(3, 8, 0, 7, 1))->index, 3);
    EXPECT_EQ(in_array(task(1, 8, 1, 8, 1))->index, 0);
    EXPECT_EQ(in_array(task(8, 8, 1, 8, 1))->index, 7);
    EXPECT_EQ(in_array(task(9, 3, 1, 9, 4))->index, 2);
    EXPECT_EQ(in_array(task(5, 3, 1, 9, 4))->index, 1);
    EXPECT_EQ(in_array(task(9, 3, 1, 9, 4))->count, 3);
    // --array=0-9:4 ends at 8, but Slurm may give the 9 as written.
    EXPECT_EQ(in_array(task(8, 3, 0, 9, 4))->index, 2);
}

TEST(ShardShare, AnIrregularArrayIsRefused) {
    EXPECT_THROW(in_array(task(7, 3, 1, 7, 1)), InputError);  // --array=1,3,7
    EXPECT_THROW(in_array(task(2, 3, 1, 9, 4)), InputError);
    EXPECT_THROW(in_array({{"SLURM_ARRAY_TASK_ID", "x"}}), InputError);
}

}  // namespace
}  // namespace stationary
