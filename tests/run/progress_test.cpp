#include "host/run/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace stationary {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = Progress::Clock;

const Clock::time_point start{};

TEST(Progress, TimeLeftFollowsTheWorkNotTheShards) {
    ProgressState state;
    state.shards_done = 9;
    state.shards_total = 10;
    state.work_done = 1.0;
    state.work_total = 4.0;
    state.seconds = 5.0;
    EXPECT_DOUBLE_EQ(seconds_left(state), 15.0);
}

TEST(Progress, TimeLeftIsInfiniteBeforeTheFirstShard) {
    EXPECT_TRUE(std::isinf(seconds_left(ProgressState{0, 10, 0.0, 0.0, 4.0, 1.0})));
}

TEST(Progress, TextNamesShardsRateTimeLeftAndCell) {
    const ProgressState state{37, 128, 4e8, 1.0, 4.0, 2.0};
    const std::string line = progress_text(state, "sgd B=8 mu=0", ProgressStyle::lines);
    EXPECT_EQ(line, "37/128 shards  2.00e+08 chain-steps/s  6.0 s left  sgd B=8 mu=0");
    const std::string bar = progress_text(state, "sgd B=8 mu=0", ProgressStyle::bar);
    EXPECT_EQ(bar, "[######------------------]  " + line);
}

std::string shown(ProgressStyle style, int shards, milliseconds between) {
    std::ostringstream stream;
    Progress progress(style, stream, shards, shards, start);
    for (int shard = 1; shard <= shards; ++shard) progress.shard_done(1.0, 1.0, start + shard * between);
    progress.finish();
    return stream.str();
}

TEST(Progress, LogGetsOneLineEveryTenSeconds) {
    const std::string text = shown(ProgressStyle::lines, 25, seconds(1));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_EQ(text.rfind("10/25 shards", 0), 0u);
    EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(Progress, BarIsRedrawnInPlaceAtMostTenTimesASecond) {
    const std::string text = shown(ProgressStyle::bar, 1000, milliseconds(1));
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto redraws = std::count(text.begin(), text.end(), '\r');
    EXPECT_GE(redraws, 10);
    EXPECT_LE(redraws, 12);  // ten bars, and two returns that take the last one away
}

TEST(Progress, FinishTakesTheBarAway) {
    const std::string text = shown(ProgressStyle::bar, 2, seconds(1));
    const std::size_t last = text.rfind('\r');
    const std::size_t before = text.rfind('\r', last - 1);
    EXPECT_EQ(last, text.size() - 1);
    EXPECT_EQ(text.substr(before + 1, last - before - 1).find_first_not_of(' '), std::string::npos);
}

TEST(Progress, QuietShowsNothingButCounts) {
    EXPECT_EQ(shown(ProgressStyle::none, 100, seconds(1)), "");
    std::ostringstream stream;
    Progress progress(ProgressStyle::none, stream, 3, 6.0, start);
    progress.shard_done(100.0, 2.0, start + seconds(4));
    EXPECT_EQ(progress.state().shards_done, 1);
    EXPECT_DOUBLE_EQ(progress.state().chain_steps_done, 100.0);
    EXPECT_DOUBLE_EQ(seconds_left(progress.state()), 8.0);
}

}  // namespace
}  // namespace stationary
