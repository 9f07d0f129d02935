#pragma once

#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"

#include <vector>

namespace stationary {

/// Mean-square stability of every cell, in their order; computed once for cells that differ in learning rate only.
std::vector<Stability> find_stability(const LossModel& model, const std::vector<Cell>& cells);

/// Throws InputError naming the limit if a cell has no stationary law and the experiment does not allow that.
void refuse_unstable(const Experiment& experiment, const std::vector<Cell>& cells,
                     const std::vector<Stability>& stability);

}  // namespace stationary
