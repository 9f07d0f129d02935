#pragma once

#include "host/comparison/results.h"

#include <string>

namespace stationary {

/// The table of a run for a terminal of 120 columns: title, model, backend and ensemble; a block per kind of cell with
/// a row per cell; the invariance verdicts; notes on what went wrong or stayed undecided; how to read the columns.
std::string results_table(const RunResults& results);

/// The table of `predict`: stability limits and the temperature that each theory predicts.
std::string predictions_table(const PredictResults& results);

/// "cpu, DEVICE, 2 threads, avx512, float precision, reproducible normals"
std::string backend_line(const BackendInfo& backend, const RunSpec& run);

/// Lines that all tables begin with: the title and the model.
std::string model_lines(const Experiment& experiment, const ModelSummary& model);

}  // namespace stationary
