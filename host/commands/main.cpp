#include "host/base/error.h"
#include "host/base/output_file.h"
#include "host/commands/command_line.h"
#include "host/commands/command_support.h"
#include "host/commands/info.h"
#include "host/commands/merge_command.h"
#include "host/commands/run_command.h"
#include "host/comparison/judgement.h"
#include "host/frozen/frozen_json.h"
#include "host/frozen/frozen_report.h"
#include "host/frozen/gradient_noise.h"
#include "host/frozen/weighted_sum.h"
#include "host/model/cell.h"
#include "host/report/report_json.h"
#include "host/report/report_table.h"
#include "host/run/launcher.h"
#include "host/run/ranks.h"
#include "host/run/workers.h"

#include <unistd.h>

#include <csignal>

namespace stationary {
namespace {

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
    const auto work = make_workload(line, open_backend(line, experiment), plans);
    const std::vector<CellRun> runs = run_all(line, work, stop);
    const GradientNoiseResults results = judge_gradient_noise(experiment, model, plans, runs, work->backend->info());
    note_interruption(results.context.status, stop);
    write_standard_output(line.format == OutputFormat::json ? gradient_noise_json(results)
                                                            : gradient_noise_table(results));
    return exit_code(results.context.status);
}

ExitCode weighted_sum(const CommandLine& line, const StopRequest& stop) {
    const Experiment experiment = load_weighted_sum(line.experiment, line.overrides, line.alpha);
    const LossModel model = build_loss_model(experiment);
    const WeightedSumPlan plan = plan_weighted_sum(experiment, model);
    const auto work = make_workload(line, open_backend(line, experiment), plan.plans);
    const std::vector<CellRun> runs = run_all(line, work, stop);
    const WeightedSumResults results = judge_weighted_sum(experiment, model, plan, runs, work->backend->info());
    note_interruption(results.context.status, stop);
    write_standard_output(line.format == OutputFormat::json ? weighted_sum_json(results) : weighted_sum_table(results));
    return exit_code(results.context.status);
}

ExitCode info(const CommandLine& line) {
    const Info gathered = gather_info();
    write_standard_output(line.format == OutputFormat::json ? info_json(gathered) : info_text(gathered));
    return ExitCode::done;
}

/// Of several processes that a launcher started only one tells what it does; only `run` has work for the others.
bool is_first_rank() {
    const auto launched = launched_rank();
    return !launched || launched->rank == 0;
}

ExitCode execute(int count, const char* const* arguments) {
    const auto start = std::chrono::steady_clock::now();
    const std::optional<CommandLine> line = parse_command_line(count, arguments);
    if (!line || (line->command != Command::run && !is_first_rank())) return ExitCode::done;
    const StopRequest stop(start, line->max_walltime);
    switch (line->command) {
        case Command::run:
            return run_command(*line, stop);
        case Command::merge:
            return merge_command(*line);
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

/// What execute gives, with every error told in one line.
ExitCode execute_and_tell(int count, const char* const* arguments) {
    try {
        return execute(count, arguments);
    } catch (const UserError& error) {
        if (is_first_rank()) note(error.what());
        return error.code();
    } catch (const std::exception& error) {
        if (is_first_rank()) note(std::string("internal error: ") + error.what());
        return ExitCode::internal_error;
    }
}

}  // namespace
}  // namespace stationary

int main(int count, char** arguments) {
    // A file-size limit is then an error of write, which ends the run in good order.
    std::signal(SIGXFSZ, SIG_IGN);
    const auto code = static_cast<int>(stationary::execute_and_tell(count, arguments));
    stationary::leave_ranks(code);
    // A shard that did not end in time still runs in its thread: leave without waiting for it.
    if (stationary::shards_left_behind()) _exit(code);
    return code;
}
