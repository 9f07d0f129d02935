#include "host/run.h"

#include "host/error.h"
#include "host/text.h"
#include "host/time_estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace stationary {
namespace {

double state_epsilon(const CellProgram& program) { return std::ldexp(1.0, program.double_precision ? -53 : -24); }

std::optional<Estimate> pool(const std::vector<ShardMoments>& shards, const CellProgram& program) {
    if (shards.empty()) return std::nullopt;
    return make_estimate(shards, program.centre, program.scale, state_epsilon(program), program.velocity_scale,
                         program.pull_scale);
}

/// Runs a range, giving what a backend throws its exit code: a program that it cannot run is bad input, a GPU that
/// fails is lost.
void run_shards(Backend& backend, const CellProgram& program, ShardRange range, const ShardSink& sink) {
    try {
        backend.run(program, range, sink);
    } catch (const std::invalid_argument& error) {
        throw InputError(std::string("the backend cannot run this: ") + error.what());
    } catch (const std::runtime_error& error) {
        if (backend.info().kind != "cuda") throw;
        throw UserError(ExitCode::device_lost, std::string("the GPU failed: ") + error.what());
    }
}

}  // namespace

std::vector<Stability> find_stability(const LossModel& model, const std::vector<Cell>& cells) {
    std::vector<Stability> stability;
    for (const Cell& cell : cells) stability.push_back(mean_square_stability(model, cell));
    return stability;
}

void refuse_unstable(const Experiment& experiment, const std::vector<Cell>& cells,
                     const std::vector<Stability>& stability) {
    if (experiment.run.allow_unstable) return;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (stability[i].stable) continue;
        throw InputError(
            fmt::format("{}: {}: learning rate {} is not below the mean-square stability limit {}; run.allow_unstable "
                        "= true runs it anyway",
                        experiment.file, describe(cells[i]), short_number(cells[i].learning_rate),
                        short_number(stability[i].learning_rate_limit)));
    }
}

std::vector<CellPlan> plan_cells(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells) {
    std::vector<CellPlan> plans;
    for (const Cell& cell : cells) plans.push_back(plan_cell(experiment, model, cell));
    return plans;
}

CellRun run_cell(Backend& backend, const CellPlan& plan, std::int64_t shards_at_once, const StopRequest& stop,
                 Progress& progress) {
    const CellProgram& program = plan.program;
    const double shard_steps = static_cast<double>(program.shard_chains) * static_cast<double>(program.steps());
    const double shard_work = shard_steps * chain_step_work(program);
    std::vector<ShardMoments> shards;
    const ShardSink sink = [&](ShardMoments&& moments) {
        shards.push_back(std::move(moments));
        progress.shard_done(shard_steps, shard_work, Progress::Clock::now());
        return !stop.stop();
    };
    progress.begin_cell(describe(plan.cell));
    const auto start = Progress::Clock::now();
    for (std::int64_t first = 0; first < plan.shards && !stop.stop(); first += shards_at_once) {
        run_shards(backend, program, {first, std::min(plan.shards, first + shards_at_once)}, sink);
    }
    CellRun run;
    run.seconds = std::chrono::duration<double>(Progress::Clock::now() - start).count();
    run.shards_done = static_cast<std::int64_t>(shards.size());
    run.estimate = pool(shards, program);
    return run;
}

std::vector<CellRun> run_cells(Backend& backend, const std::vector<CellPlan>& plans, const MemoryPlan& memory,
                               const StopRequest& stop, Progress& progress) {
    std::vector<CellRun> runs;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        runs.push_back(run_cell(backend, plans[i], memory.shards_at_once[i], stop, progress));
    }
    progress.finish();
    return runs;
}

}  // namespace stationary
