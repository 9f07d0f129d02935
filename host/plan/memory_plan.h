#pragma once

#include "host/plan/plan.h"
#include "kernels/interface/backend.h"

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
    std::int64_t peak = 0;                     ///< host, and on the cpu the largest launch too
    std::int64_t device = 0;                   ///< cuda: bytes on each GPU at most; 0 on the cpu
    std::vector<std::int64_t> shards_at_once;  ///< per cell
};

/// Bytes still available: MemAvailable of /proc/meminfo, or what the control group's limit leaves, whichever is less.
/// Where neither can be read, a gibibyte.
std::int64_t available_memory();

/// The two sources of the above, from the text of their files, for tests. −1: nothing there to read.
std::int64_t parse_memory_available(const std::string& meminfo);
std::int64_t parse_group_headroom(const std::string& limit, const std::string& usage);

/// Bytes that the host keeps for all cells: programs, each shard's covariance, mean and velocity square for the error
/// bars, the results with their text, and the shard moments of the cells that `workers` are at, the largest ones.
std::int64_t host_bytes(const std::vector<CellPlan>& plans, int workers = 1);

/// Plans launches under three quarters of `available`, the memory of this machine, with a launch in flight for every
/// worker that the backend wants. A GPU keeps its launches in memory of its own, and its backend splits them itself to
/// fit: such a cell is handed over whole, and only the host's part counts. Throws InputError in one line if the host's
/// part or even single shards do not fit.
MemoryPlan plan_memory(const Backend& backend, const std::vector<CellPlan>& plans, std::int64_t available);

}  // namespace stationary
