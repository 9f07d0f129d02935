#pragma once

#include "host/experiment.h"
#include "host/plan.h"
#include "host/results.h"

#include <string>
#include <vector>

namespace stationary {

/// Makes a run directory ready before the first step: creates it and writes experiment.toml and plan.json, each
/// replaced in one step. The experiment's data paths are written as absolute ones, so that it can be run again from
/// there. Throws InputError if it holds another experiment, FileError if it cannot be created or
/// written.
void prepare_run_directory(const std::string& directory, const Experiment& experiment,
                           const std::vector<CellPlan>& plans);

/// Writes results.json, cells.csv and covariance-INDEX.npy for each cell that has an estimate. Throws FileError.
void write_results(const std::string& directory, const RunResults& results);

/// plan.json: {"schema", "cells": [{"index", "key", "burn_in", "stride", "draws", "shards", "shard_chains", "centre",
/// "scale"}]}.
std::string plan_json(const std::vector<CellPlan>& plans);

}  // namespace stationary
