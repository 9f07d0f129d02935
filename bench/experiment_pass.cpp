#include "bench/experiment_pass.h"

#include "host/comparison/judgement.h"
#include "host/laws/cell_stability.h"
#include "host/plan/kept_plan.h"
#include "host/plan/memory_plan.h"
#include "host/report/report_json.h"
#include "host/run/run_shards.h"
#include "host/run/workers.h"

#include <iostream>
#include <memory>
#include <vector>

namespace stationary::bench {
namespace {

PassTotals totals_of(const Session& session, const std::vector<CellPlan>& plans, const RunResults& results) {
    PassTotals totals;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const CellProgram& program = plans[i].program;
        const auto steps = static_cast<double>(results.cells[i].steps_total);
        totals.cells += 1.0;
        totals.component_steps += steps * program.dimension;
        if (program.stepper == Stepper::sgd) totals.training_points += steps * static_cast<double>(program.batch_size);
        totals.seconds_in_chains += results.cells[i].seconds;
        if (session.core_hertz > 0.0) {
            totals.seconds_at_ceiling += steps / ceiling_chain_steps_per_second(program, session.simd, session.speed());
        }
    }
    return totals;
}

std::vector<CellRun> run_all(const Session& session, const std::vector<CellPlan>& plans) {
    const auto work = std::make_shared<Workload>();
    work->plans = plans;
    work->backend = session.backend;
    work->memory = plan_memory(*session.backend, plans, available_memory());
    work->progress.emplace(ProgressStyle::none, std::cerr, 0, 0.0, Progress::Clock::now());
    work->collection = std::make_unique<Collection>(work->plans, all_shards(work->plans), nullptr, *work->progress);
    simulate(work, StopRequest(Progress::Clock::now(), std::nullopt));
    return work->collection->close();
}

}  // namespace

PassTotals& PassTotals::operator+=(const PassTotals& other) {
    cells += other.cells;
    component_steps += other.component_steps;
    training_points += other.training_points;
    seconds_in_chains += other.seconds_in_chains;
    seconds_at_ceiling += other.seconds_at_ceiling;
    return *this;
}

PassTotals run_pass(const Session& session, const std::string& path, const Overrides& overrides) {
    const Experiment experiment = load_experiment(path, overrides);
    const LossModel model = build_loss_model(experiment);
    const std::vector<Cell> cells = make_cells(experiment, model);
    const std::vector<Stability> stability = find_stability(model, cells);
    refuse_unstable(experiment, cells, stability);
    const std::vector<CellPlan> plans = plan_cells(experiment, model, cells);
    const std::vector<std::vector<Prediction>> predictions = predict_cells(model, cells);
    const std::vector<CellRun> runs = run_all(session, plans);
    const RunResults results = judge({experiment, model, stability, plans, predictions, runs}, session.info);
    std::string text = results_json(results);
    benchmark::DoNotOptimize(text);
    return totals_of(session, plans, results);
}

}  // namespace stationary::bench
