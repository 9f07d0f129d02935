#pragma once

#include "host/base/json.h"
#include "host/base/program_info.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "kernels/interface/backend.h"

namespace stationary {

Json to_json(const ProgramInfo& program);
Json to_json(const BackendInfo& backend);
/// The experiment with its defaults filled in: the sections and keys of its TOML form.
Json to_json(const Experiment& experiment);
/// The parameters of a cell, "index" to "epoch_position".
Json to_json(const Cell& cell);
/// Adds "stable", "learning_rate_limit" and "fourth_moment_limit".
void add_stability(Json& object, const Stability& stability);

}  // namespace stationary
