#include "host/base/parallel_for.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace stationary {
namespace {

TEST(ParallelFor, CallsEveryIndexOnce) {
    std::vector<int> calls(1000);
    parallel_for(calls.size(), [&calls](std::size_t i) { ++calls[i]; });
    EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](int n) { return n == 1; }));
    parallel_for(0, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, ThrowsWhatTheLowestIndexThrew) {
    for (int repeat = 0; repeat < 20; ++repeat) {
        try {
            parallel_for(100, [](std::size_t i) {
                if (i >= 13) throw std::runtime_error(std::to_string(i));
            });
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "13");
        }
    }
}

}  // namespace
}  // namespace stationary
