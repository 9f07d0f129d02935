#pragma once

#include <cstdint>

namespace stationary {

/// Makes what some shards need at once for as many of them as memory allows: make(shards), with half as many after each
/// OutOfMemory, which `shards` then says. Throws the last one when not even a single shard fits. What other processes
/// take of a device's memory is known only when an allocation fails. Test: largest_launch_test.cpp.
template <class OutOfMemory, class Make>
auto make_largest(std::int64_t& shards, const Make& make) {
    for (;; shards = (shards + 1) / 2) {
        try {
            return make(shards);
        } catch (const OutOfMemory&) {
            if (shards <= 1) throw;
        }
    }
}

}  // namespace stationary
