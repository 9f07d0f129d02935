#pragma once

#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/plan/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace stationary {

/// What plan.json of a run directory fixes of a cell: a resumed, extended or merged run takes it and recomputes none of
/// it.
struct KeptPlan {
    std::int64_t burn_in = 0;
    std::int64_t stride = 1;
    std::int64_t draws = 1;
    std::int64_t shards = 0;
    std::int64_t shard_chains = 1;
    std::vector<double> centre;
    std::vector<double> scale;
    double velocity_scale = 1.0;
    double pull_scale = 0.0;
    std::uint64_t plan_key = 0;
};

/// Kept plans by cell key.
using KeptPlans = std::unordered_map<std::uint64_t, KeptPlan>;

/// plan.json: {"schema", "program", "cells": [{"index", "key", "burn_in", "stride", "draws", "shards", "shard_chains",
/// "centre", "scale", "velocity_scale", "pull_scale", "plan_key"}]}. Numbers read back as the same bits.
std::string plan_json(const std::vector<CellPlan>& plans);

/// Reads it. Throws InputError naming `path` for text that is no such plan. Test: kept_plan_test.cpp.
KeptPlans parse_plan_json(const std::string& text, const std::string& path);

/// Lays what was kept over a program made by program_of_step. Shards: those kept, and as many more of the same size as
/// `chains` take. Throws InputError if the program is then not the one that was planned (another build whose arithmetic
/// differs).
CellPlan restore_plan(const KeptPlan& kept, const Cell& cell, CellProgram program, std::int64_t chains);

/// Plans every cell: those that were kept as they were, the others anew. Throws what the first cell that cannot be
/// planned throws.
std::vector<CellPlan> plan_cells(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells,
                                 const KeptPlans& kept = {});

}  // namespace stationary
