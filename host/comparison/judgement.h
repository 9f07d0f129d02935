#pragma once

#include "host/comparison/results.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "kernels/interface/backend.h"

#include <vector>

namespace stationary {

/// The predictions of every cell.
std::vector<std::vector<Prediction>> predict_cells(const LossModel& model, const std::vector<Cell>& cells);

/// Sets estimates beside predictions and judges invariance. One family of intervals holds for the whole run: those of
/// every comparison planned, and one for each member of an invariance group; an interrupted run keeps the family of the
/// complete one.
RunResults judge(const RunRecord& record, const BackendInfo& backend);

/// Predictions alone, for cells stable or not.
PredictResults predict_only(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells);

}  // namespace stationary
