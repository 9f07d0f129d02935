#pragma once

#include "host/plan/plan.h"
#include "host/run/collection.h"
#include "host/run/progress.h"
#include "host/run/shared_time.h"
#include "host/run/stop.h"
#include "kernels/interface/backend.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace stationary {

/// Every shard of every plan.
std::vector<ShardRange> all_shards(const std::vector<CellPlan>& plans);

/// What a backend is asked to run, and how many shards of it at a time.
struct Launch {
    Backend& backend;
    const CellProgram& program;
    std::int64_t shards_at_once = 1;
    SharedTime* time = nullptr;  ///< of the workers on this machine; null: there is one
};

/// Takes a finished shard, and the seconds since the one before, shared with workers beside this one.
using TimedSink = std::function<void(ShardMoments&& moments, double seconds)>;

/// Runs a range of shards until all are done or something asks to stop; those in flight then are finished or dropped,
/// as the backend can. Throws
/// InputError for a program that the backend cannot run, UserError(device_lost) if a GPU fails on the way; what `sink`
/// throws passes through.
void run_shards(const Launch& launch, ShardRange range, const StopRequest& stop, const TimedSink& sink);

/// Runs one cell's shards and pools their moments; keeps no journal. Throws as run_shards.
CellRun run_cell(Backend& backend, const CellPlan& plan, std::int64_t shards_at_once, const StopRequest& stop,
                 Progress& progress);

}  // namespace stationary
