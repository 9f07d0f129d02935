#include "host/base/duration.h"

#include "host/base/error.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

TEST(Duration, ReadsUnitsInDescendingOrder) {
    EXPECT_DOUBLE_EQ(parse_duration("2h"), 7200.0);
    EXPECT_DOUBLE_EQ(parse_duration("90s"), 90.0);
    EXPECT_DOUBLE_EQ(parse_duration("1h30m"), 5400.0);
    EXPECT_DOUBLE_EQ(parse_duration("1d1s"), 86401.0);
    EXPECT_DOUBLE_EQ(parse_duration("1.5h"), 5400.0);
    EXPECT_DOUBLE_EQ(parse_duration("45"), 45.0);
}

class BadDuration : public testing::TestWithParam<const char*> {};

TEST_P(BadDuration, IsRefused) { EXPECT_THROW(parse_duration(GetParam()), InputError) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(Texts, BadDuration,
                         testing::Values("", "0s", "h", "-1s", "-0s", "1m1h", "1h1h", "1h30", "2 h", "2x", "1e400s",
                                         "inf", "nan", "1s "));

}  // namespace
}  // namespace stationary
