#pragma once

#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/plan/program_cost.h"
#include "kernels/interface/cell_program.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace stationary {

/// Everything about a cell that is fixed before a chain takes its first step. Written into the run directory; a resumed
/// run reads it and recomputes nothing.
struct CellPlan {
    Cell cell;
    CellProgram program;      ///< what the backend gets
    std::int64_t shards = 0;  ///< number of shards; chains = shards·program.shard_chains
    [[nodiscard]] std::int64_t chains() const { return shards * program.shard_chains; }
};

class ModeModel;
class StateNoise;

/// Plans the cells of one experiment, keeping what depends on the model alone (StateNoise, ModeModel) from cell to
/// cell. Scale: 2^(14 − ⌈log2 sd⌉) from the stationary standard deviation, so the resolution is 2⁻¹⁴ to 2⁻¹⁵ of it; a
/// null direction counts as 2⁻²⁰ of the largest. velocity_scale likewise, from the largest E v_i². Auto shards: of
/// about a second of work by a cost model, at least 64, at most max_auto_shards (program_cost.h). Reshuffle: counts of
/// whole epochs, and the law of the epoch's place (epoch_schedule.h); where training points differ in curvature that
/// law is the one of equal curvature, to leading order right, which a scale can bear. An unstable cell that may run: sd
/// from |δ_0| and one step's noise, burn_in "auto" = 1000, stride "auto" = 100, rounded up to whole epochs.
class Planner {
  public:
    /// Both must outlive the planner.
    Planner(const Experiment& experiment, const LossModel& model) : experiment_(experiment), model_(model) {}

    /// Throws as plan_cell. May be called from several threads at once.
    [[nodiscard]] CellPlan plan(const Cell& cell) const;

    /// The part of a plan that neither schedule, scales nor shards touch. Throws InputError as plan_cell.
    [[nodiscard]] CellProgram program(const Cell& cell) const;

  private:
    [[nodiscard]] const StateNoise* state_noise(const Cell& cell) const;
    [[nodiscard]] const ModeModel& modes() const;

    const Experiment& experiment_;
    const LossModel& model_;
    mutable std::once_flag state_noise_made_;
    mutable std::shared_ptr<const StateNoise> state_noise_;  ///< made for the first cell that has a use for it
    mutable std::once_flag modes_made_;
    mutable std::shared_ptr<const ModeModel> modes_;  ///< above most_whole_moments parameters, likewise
};

/// Plans one cell. Throws InputError for a cell that cannot run (dimension above max_dimension, no stationary law and
/// not allow_unstable, explicit counts that miss the place in an epoch).
CellPlan plan_cell(const Experiment& experiment, const LossModel& model, const Cell& cell);

}  // namespace stationary
