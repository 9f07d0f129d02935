#pragma once

#include "host/cell.h"
#include "host/estimate.h"
#include "host/experiment.h"
#include "host/loss_model.h"
#include "host/memory_plan.h"
#include "host/plan.h"
#include "host/prediction.h"
#include "host/progress.h"
#include "host/stop.h"
#include "kernels/backend.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace stationary {

/// Mean-square stability of every cell, in their order.
std::vector<Stability> find_stability(const LossModel& model, const std::vector<Cell>& cells);

/// Throws InputError naming the limit if a cell has no stationary law and the experiment does not allow that.
void refuse_unstable(const Experiment& experiment, const std::vector<Cell>& cells,
                     const std::vector<Stability>& stability);

std::vector<CellPlan> plan_cells(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells);

/// What the shards of one cell that were finished say.
struct CellRun {
    std::int64_t shards_done = 0;
    double seconds = 0.0;
    std::optional<Estimate> estimate;  ///< empty without a finished shard
};

/// Runs one cell's shards until all are done or something asks to stop, and pools their moments.
/// Throws InputError for a program that the backend cannot run, UserError(device_lost) if a GPU fails on the way.
CellRun run_cell(Backend& backend, const CellPlan& plan, std::int64_t shards_at_once, const StopRequest& stop,
                 Progress& progress);

/// Runs every cell in turn; cells never begun have no shards done.
std::vector<CellRun> run_cells(Backend& backend, const std::vector<CellPlan>& plans, const MemoryPlan& memory,
                               const StopRequest& stop, Progress& progress);

}  // namespace stationary
