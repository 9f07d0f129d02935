#include "kernels/cuda/stream_pool.h"

#include "kernels/cuda/device_share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace stationary {
namespace {

using Place = std::pair<std::size_t, std::size_t>;
Place place_of(const LanePool::Lease& lease) { return {lease.device(), lease.lane()}; }

TEST(LanePool, spreads_callers_over_the_devices_and_gives_nobody_a_lane_twice) {
    LanePool pool(3, 2);
    std::vector<std::unique_ptr<LanePool::Lease>> leases;
    std::set<Place> places;
    for (std::size_t k = 0; k < 6; ++k) {
        leases.push_back(std::make_unique<LanePool::Lease>(pool));
        EXPECT_EQ(leases.back()->device(), k % 3);
        EXPECT_TRUE(places.insert(place_of(*leases.back())).second);
    }
    leases[1].reset();
    EXPECT_EQ(LanePool::Lease(pool).device(), 1u) << "the device with the fewest";
}

TEST(LanePool, whoever_finds_none_free_waits) {
    LanePool pool(1, 1);
    std::atomic<bool> taken{false};
    auto lease = std::make_unique<LanePool::Lease>(pool);
    std::thread waiting([&] {
        const LanePool::Lease second(pool);
        taken = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(taken);
    lease.reset();
    waiting.join();
    EXPECT_TRUE(taken);
}

TEST(LanePool, many_threads_never_meet_in_a_lane) {
    LanePool pool(2, 3);
    std::atomic<int> users[2][3] = {};
    std::atomic<int> meetings{0};
    std::vector<std::thread> threads;
    for (int k = 0; k < 12; ++k) {
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                const LanePool::Lease lease(pool);
                auto& here = users[lease.device()][lease.lane()];
                if (++here > 1) ++meetings;
                std::this_thread::yield();
                --here;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(meetings, 0);
}

TEST(DeviceShare, a_process_alone_takes_all) { EXPECT_EQ(device_share(4, 0, 1), (std::vector<int>{0, 1, 2, 3})); }

TEST(DeviceShare, every_device_has_a_process_and_every_process_a_device) {
    EXPECT_EQ(device_share(0, 0, 1), std::vector<int>{});
    for (int devices = 1; devices <= 8; ++devices) {
        for (int ranks = 1; ranks <= 20; ++ranks) {
            std::vector<int> users(static_cast<std::size_t>(devices));
            for (int rank = 0; rank < ranks; ++rank) {
                const std::vector<int> share = device_share(devices, rank, ranks);
                EXPECT_FALSE(share.empty());
                if (ranks >= devices) {
                    EXPECT_EQ(share.size(), 1u);
                }
                for (const int device : share) ++users[static_cast<std::size_t>(device)];
            }
            const auto [fewest, most] = std::minmax_element(users.begin(), users.end());
            EXPECT_GE(*fewest, 1);
            EXPECT_LE(*most - *fewest, 1) << devices << " devices, " << ranks << " ranks";
        }
    }
}

}  // namespace
}  // namespace stationary
