#pragma once

#include "host/base/error.h"
#include "host/commands/command_line.h"
#include "host/comparison/results.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/run/stop.h"
#include "host/run/workers.h"
#include "kernels/interface/backend.h"

#include <memory>
#include <string>
#include <vector>

namespace stationary {

/// One line on standard error.
void note(const std::string& text);

/// Opens the backend, noting why "auto" took the CPU.
std::unique_ptr<Backend> open_backend(const CommandLine& line, const Experiment& experiment);

/// Plans memory; no journal and no collection yet. Throws InputError if it does not fit.
std::shared_ptr<Workload> make_workload(const CommandLine& line, std::unique_ptr<Backend> backend,
                                        std::vector<CellPlan> plans);

/// Runs every shard of every plan in this process, without a journal.
std::vector<CellRun> run_all(const CommandLine& line, const std::shared_ptr<Workload>& work, const StopRequest& stop);

/// What is known of an experiment before its cells are planned.
struct Preparation {
    Experiment experiment;
    LossModel model;
    std::vector<Cell> cells;
    std::vector<Stability> stability;
};

/// Throws InputError for cells that have no stationary law, unless the experiment allows them.
Preparation prepare(Experiment experiment);

/// Closes the collection and sets what it has beside the predictions.
RunResults judge_workload(const Preparation& ready, Workload& work, const BackendInfo& backend);

void print_results(const CommandLine& line, const RunResults& results);
ExitCode exit_code(RunStatus status);
void note_interruption(RunStatus status, const StopRequest& stop);

}  // namespace stationary
