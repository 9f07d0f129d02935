#pragma once

#include <vector>

namespace stationary {

/// The devices, of 0 … devices − 1, that process `rank` of `ranks` on one machine takes: rank, rank + ranks, … A
/// process alone takes all of them; with more processes than devices each takes one, and they share them evenly. Test:
/// stream_pool_test.cpp.
inline std::vector<int> device_share(int devices, int rank, int ranks) {
    std::vector<int> share;
    for (int device = rank; device < devices; device += ranks) share.push_back(device);
    if (share.empty() && devices > 0) share.push_back(rank % devices);
    return share;
}

}  // namespace stationary
