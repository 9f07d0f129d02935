#include "host/run/run_shards.h"

#include "host/base/error.h"
#include "host/base/parallel_for.h"
#include "host/base/text.h"
#include "host/laws/model_laws.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace stationary {
namespace {

/// What a cell's stability limits depend on: everything but the learning rate and η0.
using LimitParameters = std::tuple<Dynamics, UpdateRule, Sampling, std::int64_t, double, double, double, std::int64_t>;
LimitParameters limit_parameters(const Cell& cell) {
    return {cell.dynamics, cell.update,    cell.sampling,  cell.batch_size,
            cell.momentum, cell.dampening, cell.time_step, cell.epoch_position};
}

/// Runs a range, giving what a backend throws its exit code: a program that it cannot run is bad input, a GPU that
/// fails is lost. What the sink throws has one already.
void run_range(Backend& backend, const CellProgram& program, ShardRange range, const ShardSink& sink) {
    try {
        backend.run(program, range, sink);
    } catch (const UserError&) {
        throw;
    } catch (const std::invalid_argument& error) {
        throw InputError(std::string("the backend cannot run this: ") + error.what());
    } catch (const std::runtime_error& error) {
        if (backend.info().kind != "cuda") throw;
        throw UserError(ExitCode::device_lost, std::string("the GPU failed: ") + error.what());
    }
}

}  // namespace

std::vector<Stability> find_stability(const LossModel& model, const std::vector<Cell>& cells) {
    std::map<LimitParameters, std::size_t> alike;  // to the first cell of each kind
    for (std::size_t i = 0; i < cells.size(); ++i) alike.emplace(limit_parameters(cells[i]), i);
    std::vector<std::size_t> firsts;
    for (const auto& [parameters, first] : alike) firsts.push_back(first);
    const ModelLaws laws(model);
    std::vector<Stability> stability(cells.size());
    parallel_for(firsts.size(), [&](std::size_t k) { stability[firsts[k]] = laws.stability(cells[firsts[k]]); });
    for (std::size_t i = 0; i < cells.size(); ++i) {
        stability[i] = stability[alike.at(limit_parameters(cells[i]))];
        stability[i].stable = cells[i].learning_rate < stability[i].learning_rate_limit;
    }
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

std::vector<CellPlan> plan_cells(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells,
                                 const KeptPlans& kept) {
    const Planner planner(experiment, model);
    std::vector<CellPlan> plans(cells.size());
    parallel_for(cells.size(), [&](std::size_t i) {
        const auto known = kept.find(cells[i].key);
        plans[i] = known == kept.end()
                       ? planner.plan(cells[i])
                       : restore_plan(known->second, cells[i], planner.program(cells[i]), experiment.ensemble.chains);
    });
    return plans;
}

std::vector<ShardRange> all_shards(const std::vector<CellPlan>& plans) {
    std::vector<ShardRange> ranges;
    for (const CellPlan& plan : plans) ranges.push_back({0, plan.shards});
    return ranges;
}

void run_shards(const Launch& launch, ShardRange range, const StopRequest& stop, const TimedSink& sink) {
    SharedTime own;
    WorkTime time(launch.time != nullptr ? *launch.time : own);
    const ShardSink timed(
        [&](ShardMoments&& moments) {
            sink(std::move(moments), time.charge());
            return !stop.stop();
        },
        [&stop] { return stop.stop(); });
    for (std::int64_t first = range.first; first < range.last && !stop.stop(); first += launch.shards_at_once) {
        const ShardRange some{first, std::min(range.last, first + launch.shards_at_once)};
        run_range(launch.backend, launch.program, some, timed);
    }
}

CellRun run_cell(Backend& backend, const CellPlan& plan, std::int64_t shards_at_once, const StopRequest& stop,
                 Progress& progress) {
    const std::vector<CellPlan> plans{plan};
    Collection collection(plans, all_shards(plans), nullptr, progress);
    const TimedSink sink = [&collection](ShardMoments&& moments, double seconds) {
        collection.add(0, std::move(moments), seconds);
    };
    run_shards({backend, plan.program, shards_at_once}, {0, plan.shards}, stop, sink);
    return collection.close().front();
}

}  // namespace stationary
