#pragma once

#include "host/comparison/results.h"
#include "host/plan/memory_plan.h"

#include <string>
#include <vector>

namespace stationary {

/// What one cell of a run would take.
struct PlannedCell {
    Cell cell;
    Stability stability;
    PlanSummary plan;
    std::int64_t steps_total = 0;  ///< chains · steps
    std::int64_t memory = 0;       ///< bytes of a launch
    std::int64_t shards_at_once = 0;
    double estimated_seconds = 0.0;  ///< at the backend's nominal rate, not measured
};

/// What `run --dry-run` prints: everything known before the first step.
struct DryRun {
    ProgramInfo program;
    BackendInfo backend;
    Experiment experiment;
    ModelSummary model;
    MemoryPlan memory;
    std::vector<PlannedCell> cells;
    double nominal_rate = 0.0;  ///< component-steps per second that the estimate takes for granted
    double estimated_seconds = 0.0;
};

DryRun plan_dry_run(const Experiment& experiment, const LossModel& model, const std::vector<Stability>& stability,
                    const std::vector<CellPlan>& plans, const MemoryPlan& memory, const Backend& backend);

std::string dry_run_table(const DryRun& plan);
/// {"schema", "program", "backend", "experiment", "dry_run": true, "memory", "estimated_seconds", "cells": […]}.
std::string dry_run_json(const DryRun& plan);

/// "memory 12 MiB beside the program itself, of 6.0 GiB available (budget 4.5 GiB)", on GPUs followed by "; at most
/// 1.5 GiB on each GPU": the one line that a run logs before it begins.
std::string memory_line(const MemoryPlan& memory);

}  // namespace stationary
