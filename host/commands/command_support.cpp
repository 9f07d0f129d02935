#include "host/commands/command_support.h"

#include "host/base/output_file.h"
#include "host/comparison/judgement.h"
#include "host/laws/cell_stability.h"
#include "host/report/dry_run.h"
#include "host/report/report_json.h"
#include "host/report/report_table.h"
#include "host/run/run_shards.h"

#include <unistd.h>

#include <iostream>
#include <utility>

namespace stationary {

void note(const std::string& text) { std::cerr << "stationary: " + text + '\n' << std::flush; }

std::unique_ptr<Backend> open_backend(const CommandLine& line, const Experiment& experiment) {
    ChosenBackend chosen = choose_backend(line.backend, experiment.run.normals, experiment.run.precision);
    if (!chosen.fallback.empty()) note("running on the CPU: " + chosen.fallback);
    return std::move(chosen.backend);
}

std::shared_ptr<Workload> make_workload(const CommandLine& line, std::unique_ptr<Backend> backend,
                                        std::vector<CellPlan> plans) {
    auto work = std::make_shared<Workload>();
    work->memory = plan_memory(*backend, plans, available_memory());
    work->plans = std::move(plans);
    work->backend = std::move(backend);
    const auto style = line.verbosity == Verbosity::quiet ? ProgressStyle::none
                       : isatty(STDERR_FILENO) != 0       ? ProgressStyle::bar
                                                          : ProgressStyle::lines;
    work->progress.emplace(style, std::cerr, 0, 0.0, Progress::Clock::now());
    return work;
}

std::vector<CellRun> run_all(const CommandLine& line, const std::shared_ptr<Workload>& work, const StopRequest& stop) {
    if (line.verbosity != Verbosity::quiet) note(memory_line(work->memory));
    install_stop_signals();
    work->collection = std::make_unique<Collection>(work->plans, all_shards(work->plans), nullptr, *work->progress);
    simulate(work, stop);
    return work->collection->close();
}

Preparation prepare(Experiment experiment) {
    Preparation ready;
    ready.experiment = std::move(experiment);
    ready.model = build_loss_model(ready.experiment);
    ready.cells = make_cells(ready.experiment, ready.model);
    ready.stability = find_stability(ready.model, ready.cells);
    refuse_unstable(ready.experiment, ready.cells, ready.stability);
    return ready;
}

RunResults judge_workload(const Preparation& ready, Workload& work, const BackendInfo& backend) {
    const std::vector<CellRun> runs = work.collection->close();
    const auto predictions = predict_cells(ready.model, ready.cells);
    return judge({ready.experiment, ready.model, ready.stability, work.plans, predictions, runs}, backend);
}

void print_results(const CommandLine& line, const RunResults& results) {
    write_standard_output(line.format == OutputFormat::json ? results_json(results) : results_table(results));
}

ExitCode exit_code(RunStatus status) {
    switch (status) {
        case RunStatus::complete:
        case RunStatus::partial:
            return ExitCode::done;
        case RunStatus::diverged:
            return ExitCode::diverged;
        case RunStatus::interrupted:
            return ExitCode::interrupted;
    }
    return ExitCode::internal_error;
}

void note_interruption(RunStatus status, const StopRequest& stop) {
    if (status == RunStatus::interrupted) note(std::string("interrupted: ") + stop.reason());
}

}  // namespace stationary
