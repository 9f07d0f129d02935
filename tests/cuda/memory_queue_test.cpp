#include "kernels/cuda/memory_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace stationary {
namespace {

struct NoMemory : std::runtime_error {
    NoMemory() : std::runtime_error("no memory") {}
};

/// A device with room for so many.
struct Room {
    explicit Room(int places) : free(places) {}
    std::atomic<int> free;
};

struct Place {
    explicit Place(Room& room) : room_(room) {
        if (room_.free == 0) throw NoMemory();
        --room_.free;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { ++room_.free; }
    Room& room_;
};

const auto never = [] { return false; };

TEST(MemoryQueue, many_callers_get_what_one_can_have) {
    Room room(1);
    MemoryQueue<NoMemory> queue;
    std::atomic<int> done{0};
    std::vector<std::thread> callers;
    for (int k = 0; k < 8; ++k) {
        callers.emplace_back([&] {
            const auto place = queue.take([&] { return std::make_unique<Place>(room); }, never);
            EXPECT_EQ(room.free, 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            done += place ? 1 : 0;
        });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(done, 8);
    EXPECT_EQ(room.free, 1);
}

TEST(MemoryQueue, throws_when_nobody_has_any) {
    Room room(0);
    MemoryQueue<NoMemory> queue;
    EXPECT_THROW(queue.take([&] { return std::make_unique<Place>(room); }, never), NoMemory);
}

TEST(MemoryQueue, waits_no_longer_than_it_is_told) {
    Room room(1);
    MemoryQueue<NoMemory> queue;
    const auto make = [&] { return std::make_unique<Place>(room); };
    const auto first = queue.take(make, never);
    int asked = 0;
    EXPECT_FALSE(queue.take(make, [&] { return ++asked > 2; }));
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(first);
}

TEST(MemoryQueue, other_failures_pass_through) {
    Room room(1);
    MemoryQueue<NoMemory> queue;
    const auto first = queue.take([&] { return std::make_unique<Place>(room); }, never);
    EXPECT_THROW(queue.take([]() -> std::unique_ptr<Place> { throw std::logic_error("broken"); }, never),
                 std::logic_error);
}

}  // namespace
}  // namespace stationary
