#pragma once

#include "host/base/hash.h"
#include "host/experiment/experiment.h"
#include "host/model/loss_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace stationary {

/// One point of the sweep. learning_rate = (1 − momentum)·batch_size·eta0, for ema and langevin batch_size·eta0.
struct Cell {
    std::int64_t index = 0;
    Dynamics dynamics = Dynamics::sgd;
    UpdateRule update = UpdateRule::heavy_ball;
    Sampling sampling = Sampling::with_replacement;
    double eta0 = 0.0;           ///< η0
    double learning_rate = 0.0;  ///< η
    std::int64_t batch_size = 1;
    double momentum = 0.0;   ///< μ; 0 for langevin
    double dampening = 0.0;  ///< τ; equals momentum for ema
    double time_step = 1.0;  ///< langevin: Δt in units of η, so the step is time_step·learning_rate; 1 for sgd
    std::int64_t epoch_position = 0;
    std::uint64_t key = 0;  ///< hash of seed, model contents, precision, normals and the parameters above; the Philox
                            ///< key of the cell's noise
};

/// The cartesian product of the sweep's axes, duplicates collapsed, in the order of the file.
/// Throws InputError, naming the cell: without_replacement or reshuffle with infinitely many training points or B > N;
/// an epoch_position at or past ⌊N/B⌋.
std::vector<Cell> make_cells(const Experiment& experiment, const LossModel& model);

/// What every key of an experiment's noise starts from: a hash of seed, model contents, precision, normals and start.
Hash noise_hash(const Experiment& experiment, const LossModel& model);

/// ⌊N/B⌋: steps of an epoch, whose last, short batch is dropped. 1 without a finite set of training points.
std::int64_t steps_per_epoch(const LossModel& model, const Cell& cell);

/// "sgd B=8 eta0=0.002 mu=0.9": how messages and tables name a cell. What has its default value is left out, but never
/// B and η0.
std::string describe(const Cell& cell);

}  // namespace stationary
