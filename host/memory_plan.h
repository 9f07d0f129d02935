#pragma once

#include "host/plan.h"
#include "kernels/backend.h"

#include <cstdint>
#include <string>
#include <vector>

namespace stationary {

/// How many shards of each cell a backend is handed at once so that memory stays under the budget. Results do not
/// depend on it.
struct MemoryPlan {
    std::int64_t available = 0;                ///< bytes that this machine or container can still give
    std::int64_t budget = 0;                   ///< what the run may take of them
    std::int64_t host = 0;                     ///< bytes for the plans, the moments and the estimates of all cells
    std::int64_t peak = 0;                     ///< host plus the largest launch
    std::vector<std::int64_t> shards_at_once;  ///< per cell
};

/// Bytes still available: MemAvailable of /proc/meminfo, or what the control group's limit leaves, whichever is less.
/// Where neither can be read, a gibibyte.
std::int64_t available_memory();

/// The two sources of the above, from the text of their files, for tests. −1: nothing there to read.
std::int64_t parse_memory_available(const std::string& meminfo);
std::int64_t parse_group_headroom(const std::string& limit, const std::string& usage);

/// Bytes that the host keeps for all cells: programs, shard moments, and each shard's covariance for the error bars.
std::int64_t host_bytes(const std::vector<CellPlan>& plans);

/// Plans launches under three quarters of `available`. Throws InputError in one line if even single shards do not fit.
MemoryPlan plan_memory(const Backend& backend, const std::vector<CellPlan>& plans, std::int64_t available);

}  // namespace stationary
