#include "host/cell.h"
#include "host/command_line.h"
#include "host/dry_run.h"
#include "host/error.h"
#include "host/gradient_noise.h"
#include "host/info.h"
#include "host/judgement.h"
#include "host/noise_json.h"
#include "host/noise_report.h"
#include "host/output_file.h"
#include "host/report_json.h"
#include "host/report_table.h"
#include "host/run.h"
#include "host/run_directory.h"
#include "host/time_estimate.h"
#include "host/weighted_sum.h"

#include <unistd.h>

#include <iostream>
#include <numeric>

namespace stationary {
namespace {

/// One line on standard error.
void note(const std::string& text) { std::cerr << "stationary: " << text << std::endl; }

std::unique_ptr<Backend> open_backend(const CommandLine& line, const Experiment& experiment) {
    ChosenBackend chosen = choose_backend(line.backend, experiment.run.normals);
    if (!chosen.fallback.empty()) note("running on the CPU: " + chosen.fallback);
    return std::move(chosen.backend);
}

Progress make_progress(const CommandLine& line, const std::vector<CellPlan>& plans) {
    const auto style = line.verbosity == Verbosity::quiet ? ProgressStyle::none
                       : isatty(STDERR_FILENO) != 0       ? ProgressStyle::bar
                                                          : ProgressStyle::lines;
    std::int64_t shards = 0;
    double work = 0.0;
    for (const CellPlan& plan : plans) {
        shards += plan.shards;
        work += cell_work(plan);
    }
    return {style, std::cerr, shards, work, Progress::Clock::now()};
}

void print_results(const CommandLine& line, const RunResults& results) {
    write_standard_output(line.format == OutputFormat::json ? results_json(results) : results_table(results));
}

ExitCode exit_code(RunStatus status) {
    switch (status) {
        case RunStatus::complete:
            return ExitCode::done;
        case RunStatus::diverged:
            return ExitCode::diverged;
        case RunStatus::interrupted:
            return ExitCode::interrupted;
    }
    return ExitCode::internal_error;
}

std::vector<CellRun> simulate(const CommandLine& line, Backend& backend, const std::vector<CellPlan>& plans,
                              const MemoryPlan& memory, const StopRequest& stop) {
    if (line.verbosity != Verbosity::quiet) note(memory_line(memory));
    install_stop_signals();
    Progress progress = make_progress(line, plans);
    return run_cells(backend, plans, memory, stop, progress);
}

void note_interruption(RunStatus status, const StopRequest& stop) {
    if (status == RunStatus::interrupted) note(std::string("interrupted: ") + stop.reason());
}

ExitCode run(const CommandLine& line, const StopRequest& stop) {
    const Experiment experiment = load_experiment(line.experiment, line.overrides);
    const LossModel model = build_loss_model(experiment);
    const std::vector<Cell> cells = make_cells(experiment, model);
    const std::vector<Stability> stability = find_stability(model, cells);
    refuse_unstable(experiment, cells, stability);
    const std::vector<CellPlan> plans = plan_cells(experiment, model, cells);
    const std::unique_ptr<Backend> backend = open_backend(line, experiment);
    const MemoryPlan memory = plan_memory(*backend, plans, available_memory());
    if (line.mode == RunMode::dry_run) {
        const DryRun plan = plan_dry_run(experiment, model, stability, plans, memory, *backend);
        write_standard_output(line.format == OutputFormat::json ? dry_run_json(plan) : dry_run_table(plan));
        return ExitCode::done;
    }
    const std::vector<std::vector<Prediction>> predictions = predict_cells(model, cells);
    if (line.out) prepare_run_directory(*line.out, experiment, plans);
    const std::vector<CellRun> runs = simulate(line, *backend, plans, memory, stop);
    const RunResults results = judge({experiment, model, stability, plans, predictions, runs}, backend->info());
    note_interruption(results.status, stop);
    if (line.out) write_results(*line.out, results);
    print_results(line, results);
    return exit_code(results.status);
}

ExitCode predict(const CommandLine& line) {
    const Experiment experiment = load_experiment(line.experiment, line.overrides);
    const LossModel model = build_loss_model(experiment);
    const PredictResults results = predict_only(experiment, model, make_cells(experiment, model));
    write_standard_output(line.format == OutputFormat::json ? predictions_json(results) : predictions_table(results));
    return ExitCode::done;
}

ExitCode gradient_noise(const CommandLine& line, const StopRequest& stop) {
    const Experiment experiment = load_experiment(line.experiment, line.overrides);
    const LossModel model = build_loss_model(experiment);
    const std::vector<CellPlan> plans = plan_gradient_noise(experiment, model);
    const std::unique_ptr<Backend> backend = open_backend(line, experiment);
    const MemoryPlan memory = plan_memory(*backend, plans, available_memory());
    const std::vector<CellRun> runs = simulate(line, *backend, plans, memory, stop);
    const GradientNoiseResults results = judge_gradient_noise(experiment, model, plans, runs, backend->info());
    note_interruption(results.context.status, stop);
    write_standard_output(line.format == OutputFormat::json ? gradient_noise_json(results)
                                                            : gradient_noise_table(results));
    return exit_code(results.context.status);
}

ExitCode weighted_sum(const CommandLine& line, const StopRequest& stop) {
    const Experiment experiment = load_weighted_sum(line.experiment, line.overrides, line.alpha);
    const LossModel model = build_loss_model(experiment);
    const WeightedSumPlan plan = plan_weighted_sum(experiment, model);
    const std::unique_ptr<Backend> backend = open_backend(line, experiment);
    const MemoryPlan memory = plan_memory(*backend, plan.plans, available_memory());
    const std::vector<CellRun> runs = simulate(line, *backend, plan.plans, memory, stop);
    const WeightedSumResults results = judge_weighted_sum(experiment, model, plan, runs, backend->info());
    note_interruption(results.context.status, stop);
    write_standard_output(line.format == OutputFormat::json ? weighted_sum_json(results) : weighted_sum_table(results));
    return exit_code(results.context.status);
}

ExitCode info(const CommandLine& line) {
    const Info gathered = gather_info();
    write_standard_output(line.format == OutputFormat::json ? info_json(gathered) : info_text(gathered));
    return ExitCode::done;
}

ExitCode execute(int count, const char* const* arguments) {
    const auto start = std::chrono::steady_clock::now();
    const std::optional<CommandLine> line = parse_command_line(count, arguments);
    if (!line) return ExitCode::done;
    const StopRequest stop(start, line->max_walltime);
    switch (line->command) {
        case Command::run:
            return run(*line, stop);
        case Command::gradient_noise:
            return gradient_noise(*line, stop);
        case Command::weighted_sum:
            return weighted_sum(*line, stop);
        case Command::predict:
            return predict(*line);
        case Command::info:
            return info(*line);
    }
    return ExitCode::internal_error;
}

}  // namespace
}  // namespace stationary

int main(int count, char** arguments) {
    using stationary::ExitCode;
    try {
        return static_cast<int>(stationary::execute(count, arguments));
    } catch (const stationary::UserError& error) {
        stationary::note(error.what());
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        stationary::note(std::string("internal error: ") + error.what());
        return static_cast<int>(ExitCode::internal_error);
    }
}
