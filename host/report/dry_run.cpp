#include "host/report/dry_run.h"

#include "host/base/text.h"
#include "host/plan/time_estimate.h"
#include "host/report/cell_blocks.h"
#include "host/report/json_values.h"
#include "host/report/report_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stationary {
namespace {

PlannedCell plan_cell_of(const CellPlan& plan, const Stability& stability, const Backend& backend,
                         std::int64_t shards_at_once, double rate) {
    PlannedCell cell{plan.cell, stability, summarize(plan)};
    cell.steps_total = plan.chains() * plan.program.steps();
    cell.shards_at_once = shards_at_once;
    cell.memory = backend.memory_bytes(plan.program, shards_at_once);
    cell.estimated_seconds = cell_work(plan) / rate;
    return cell;
}

std::string block_text(const CellBlock& block, const DryRun& plan) {
    TextTable table = block.parameters;
    for (const char* name :
         {"chains", "shards", "burn-in", "stride", "draws", "chain-steps", "memory", "time (estimate)"}) {
        table.column(name, Align::right);
    }
    for (std::size_t row = 0; row < block.members.size(); ++row) {
        const PlannedCell& cell = plan.cells[block.members[row]];
        std::vector<std::string>& entries = table.rows[row];
        entries.insert(entries.end(), {grouped(cell.plan.chains), grouped(cell.plan.shards), grouped(cell.plan.burn_in),
                                       grouped(cell.plan.stride), grouped(cell.plan.draws),
                                       fmt::format("{:.3g}", static_cast<double>(cell.steps_total)),
                                       byte_size(cell.memory), duration_text(cell.estimated_seconds)});
    }
    return block.heading + '\n' + table.render() + '\n';
}

Json cell_json(const PlannedCell& cell) {
    Json object = to_json(cell.cell);
    add_stability(object, cell.stability);
    object["burn_in"] = cell.plan.burn_in;
    object["stride"] = cell.plan.stride;
    object["draws"] = cell.plan.draws;
    object["chains"] = cell.plan.chains;
    object["shards"] = cell.plan.shards;
    object["shard_chains"] = cell.plan.shard_chains;
    object["shards_at_once"] = cell.shards_at_once;
    object["steps_total"] = cell.steps_total;
    object["memory_bytes"] = cell.memory;
    object["estimated_seconds"] = to_json(cell.estimated_seconds);
    return object;
}

Json memory_json(const MemoryPlan& memory) {
    return {{"available_bytes", memory.available},
            {"budget_bytes", memory.budget},
            {"host_bytes", memory.host},
            {"peak_bytes", memory.peak},
            {"device_bytes", memory.device}};
}

}  // namespace

DryRun plan_dry_run(const Experiment& experiment, const LossModel& model, const std::vector<Stability>& stability,
                    const std::vector<CellPlan>& plans, const MemoryPlan& memory, const Backend& backend) {
    DryRun dry_run{program_info(), backend.info(), experiment, summarize(model), memory, {}};
    dry_run.nominal_rate = nominal_rate(dry_run.backend);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        dry_run.cells.push_back(
            plan_cell_of(plans[i], stability[i], backend, memory.shards_at_once[i], dry_run.nominal_rate));
        dry_run.estimated_seconds += dry_run.cells.back().estimated_seconds;
    }
    return dry_run;
}

std::string memory_line(const MemoryPlan& memory) {
    const std::string host = fmt::format("memory {} beside the program itself, of {} available (budget {})",
                                         byte_size(memory.peak), byte_size(memory.available), byte_size(memory.budget));
    return memory.device > 0 ? host + fmt::format("; at most {} on each GPU", byte_size(memory.device)) : host;
}

std::string dry_run_table(const DryRun& plan) {
    std::vector<Cell> cells;
    for (const PlannedCell& cell : plan.cells) cells.push_back(cell.cell);
    std::string text = model_lines(plan.experiment, plan.model);
    text += "  backend   " + backend_line(plan.backend, plan.experiment.run) + '\n';
    text += fmt::format("  seed      {}\n\n", plan.experiment.ensemble.seed);
    for (const CellBlock& block : cell_blocks(cells)) text += block_text(block, plan);
    text += memory_line(plan.memory) + '\n';
    return text +
           fmt::format(
               "time {}: an estimate from a nominal {:.1e} component-steps/s, not a measurement; nothing was run\n",
               duration_text(plan.estimated_seconds), plan.nominal_rate);
}

std::string dry_run_json(const DryRun& plan) {
    Json json{{"schema", 1},
              {"program", to_json(plan.program)},
              {"backend", to_json(plan.backend)},
              {"experiment", to_json(plan.experiment)},
              {"dry_run", true},
              {"memory", memory_json(plan.memory)},
              {"nominal_component_steps_per_second", to_json(plan.nominal_rate)},
              {"estimated_seconds", to_json(plan.estimated_seconds)},
              {"cells", Json::array()}};
    for (const PlannedCell& cell : plan.cells) json["cells"].push_back(cell_json(cell));
    return document(json);
}

}  // namespace stationary
