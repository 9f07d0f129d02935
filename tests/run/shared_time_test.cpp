#include "host/run/shared_time.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

using Clock = SharedTime::Clock;
Clock::time_point at(double seconds) {
    return Clock::time_point{} + std::chrono::hours(1) +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

TEST(SharedTime, OneWorkerIsChargedAllOfIt) {
    SharedTime time;
    time.begin_work(at(1.0));
    const double start = time.seconds(at(1.0));
    EXPECT_NEAR(time.seconds(at(3.5)) - start, 2.5, 1e-9);
}

TEST(SharedTime, WorkersShareItAndTogetherAreChargedTheTimeInWhichAnyWorked) {
    SharedTime time;
    time.begin_work(at(0.0));
    const double first_start = time.seconds(at(0.0));
    time.begin_work(at(1.0));
    const double second_start = time.seconds(at(1.0));
    const double first = time.seconds(at(4.0)) - first_start;  // 1 s alone, 3 s of two
    time.end_work(at(4.0));
    const double second = time.seconds(at(6.0)) - second_start;  // 3 s of two, 2 s alone
    time.end_work(at(6.0));
    EXPECT_NEAR(first, 2.5, 1e-9);
    EXPECT_NEAR(second, 3.5, 1e-9);
}

TEST(SharedTime, NobodyIsChargedWhileNobodyWorks) {
    SharedTime time;
    time.begin_work(at(0.0));
    const double start = time.seconds(at(0.0));
    time.end_work(at(1.0));
    time.begin_work(at(100.0));
    EXPECT_NEAR(time.seconds(at(102.0)) - start, 3.0, 1e-9);
}

TEST(SharedTime, MomentsThatComeLateTakeNothingBack) {
    SharedTime time;
    time.begin_work(at(0.0));
    const double later = time.seconds(at(2.0));
    EXPECT_DOUBLE_EQ(time.seconds(at(1.0)), later);
    EXPECT_NEAR(time.seconds(at(3.0)) - later, 1.0, 1e-9);
}

}  // namespace
}  // namespace stationary
