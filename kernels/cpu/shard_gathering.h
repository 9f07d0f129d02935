#pragma once

#include "kernels/interface/backend.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace stationary {

/// Joins the parts of shards (shard_parts.h) that several threads make, and hands each shard to the sink once all of
/// its parts are there, one call at a time. Parts are begun in the order of their shards. Test: shard_parts_test.cpp.
class ShardGathering {
  public:
    ShardGathering(std::int64_t parts_per_shard, const ShardSink& sink) : parts_(parts_per_shard), sink_(sink) {}

    /// Whether a part of this shard is to be made: always, until the sink or a failure has asked to stop; from then on
    /// only of the shards that were begun before.
    bool begin(std::int64_t shard) {
        const std::lock_guard guard(lock_);
        if (stopped_ && shard > last_begun_) return false;
        last_begun_ = std::max(last_begun_, shard);
        return true;
    }

    void add(ShardMoments&& part) {
        const std::lock_guard guard(lock_);
        if (parts_ == 1) {
            deliver(std::move(part));
            return;
        }
        const auto found = incomplete_.find(part.shard);
        if (found == incomplete_.end()) {
            const std::int64_t shard = part.shard;
            incomplete_.emplace(shard, Incomplete{std::move(part), parts_ - 1});
            return;
        }
        add_moments(part, found->second.moments);
        if (--found->second.missing > 0) return;
        ShardMoments whole = std::move(found->second.moments);
        incomplete_.erase(found);
        deliver(std::move(whole));
    }

    /// Begins no further shard.
    void stop() {
        const std::lock_guard guard(lock_);
        stopped_ = true;
    }

  private:
    struct Incomplete {
        ShardMoments moments;
        std::int64_t missing;
    };

    void deliver(ShardMoments&& shard) {
        if (!sink_(std::move(shard))) stopped_ = true;
    }

    std::int64_t parts_;
    const ShardSink& sink_;
    std::mutex lock_;
    std::map<std::int64_t, Incomplete> incomplete_;
    std::int64_t last_begun_ = -1;
    bool stopped_ = false;
};

}  // namespace stationary
