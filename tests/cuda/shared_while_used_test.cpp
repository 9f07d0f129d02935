#include "kernels/cuda/shared_while_used.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace stationary {
namespace {

struct Counted {
    int number;
};

/// Makes values that are numbered.
struct Maker {
    std::atomic<int> made{0};
    std::unique_ptr<Counted> operator()() { return std::unique_ptr<Counted>(new Counted{++made}); }
};

TEST(SharedWhileUsed, whoever_asks_meanwhile_has_the_same_value) {
    SharedWhileUsed<Counted> shared;
    Maker make;
    const auto get = [&](const int& thing) { return shared.get(&thing, [&] { return make(); }); };
    const int one = 0;
    const int other = 0;
    auto first = get(one);
    EXPECT_EQ(get(one), first);
    EXPECT_NE(get(other), first);
    auto second = get(one);
    first.reset();
    EXPECT_EQ(get(one)->number, 1) << "somebody has it still";
    EXPECT_EQ(make.made, 2);
}

TEST(SharedWhileUsed, a_thing_that_nobody_uses_any_more_may_have_changed) {
    SharedWhileUsed<Counted> shared;
    Maker make;
    const int thing = 0;
    EXPECT_EQ(shared.get(&thing, [&] { return make(); })->number, 1);
    EXPECT_EQ(shared.get(&thing, [&] { return make(); })->number, 2);
}

TEST(SharedWhileUsed, what_could_not_be_made_can_be_tried_again) {
    SharedWhileUsed<Counted> shared;
    Maker make;
    const int thing = 0;
    const auto fail = []() -> std::unique_ptr<Counted> { throw std::runtime_error("full"); };
    EXPECT_THROW(shared.get(&thing, fail), std::runtime_error);
    EXPECT_EQ(shared.get(&thing, [&] { return make(); })->number, 1);
}

TEST(SharedWhileUsed, threads_make_it_once) {
    SharedWhileUsed<Counted> shared;
    Maker make;
    const int thing = 0;
    const auto held = shared.get(&thing, [&] { return make(); });
    std::vector<std::thread> threads;
    for (int k = 0; k < 8; ++k) {
        threads.emplace_back([&] {
            for (int round = 0; round < 500; ++round) EXPECT_EQ(shared.get(&thing, [&] { return make(); }), held);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(make.made, 1);
}

}  // namespace
}  // namespace stationary
