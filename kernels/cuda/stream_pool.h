#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace stationary {

/// Lends the streams of some devices, here called lanes, to threads: to each one that nobody else has, on the device
/// with the fewest lent. A thread that finds none free waits for one. Test: stream_pool_test.cpp.
class LanePool {
  public:
    LanePool(int devices, int lanes_per_device) {
        lent_.resize(static_cast<std::size_t>(devices));
        for (auto& lanes : lent_) lanes.resize(static_cast<std::size_t>(lanes_per_device));
    }

    /// A lane until the end of its life.
    class Lease {
      public:
        explicit Lease(LanePool& pool) : pool_(pool) { pool_.take(device_, lane_); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() { pool_.give_back(device_, lane_); }
        [[nodiscard]] std::size_t device() const { return device_; }
        [[nodiscard]] std::size_t lane() const { return lane_; }  ///< of the device

      private:
        LanePool& pool_;
        std::size_t device_ = 0;
        std::size_t lane_ = 0;
    };

  private:
    [[nodiscard]] std::size_t lent_on(std::size_t device) const {
        std::size_t lent = 0;
        for (const bool taken : lent_[device]) lent += taken ? 1 : 0;
        return lent;
    }

    /// The device with the fewest lanes lent, the first of several.
    [[nodiscard]] std::size_t idlest_device() const {
        std::size_t idlest = 0;
        for (std::size_t device = 1; device < lent_.size(); ++device) {
            if (lent_on(device) < lent_on(idlest)) idlest = device;
        }
        return idlest;
    }

    void take(std::size_t& device, std::size_t& lane) {
        std::unique_lock guard(lock_);
        changed_.wait(guard, [&] {
            device = idlest_device();
            return lent_on(device) < lent_[device].size();
        });
        for (lane = 0; lent_[device][lane]; ++lane) {
        }
        lent_[device][lane] = true;
    }

    void give_back(std::size_t device, std::size_t lane) {
        const std::lock_guard guard(lock_);
        lent_[device][lane] = false;
        changed_.notify_one();
    }

    std::mutex lock_;
    std::condition_variable changed_;
    std::vector<std::vector<bool>> lent_;  ///< [device][lane]
};

}  // namespace stationary
