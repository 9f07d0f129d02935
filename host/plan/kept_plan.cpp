#include "host/plan/kept_plan.h"

#include "host/base/error.h"
#include "host/base/hash.h"
#include "host/base/json.h"
#include "host/base/parallel_for.h"
#include "host/base/program_info.h"
#include "host/plan/plan_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stationary {
namespace {

constexpr int plan_schema = 2;

Json cell_plan_json(const CellPlan& plan) {
    const CellProgram& program = plan.program;
    return {{"index", plan.cell.index},
            {"key", hex(program.key)},
            {"burn_in", program.burn_in},
            {"stride", program.stride},
            {"draws", program.draws},
            {"shards", plan.shards},
            {"shard_chains", program.shard_chains},
            {"centre", to_json(program.centre)},
            {"scale", to_json(program.scale)},
            {"velocity_scale", program.velocity_scale},
            {"pull_scale", program.pull_scale},
            {"plan_key", hex(plan_key(program))}};
}

std::uint64_t from_hex(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) throw std::invalid_argument("not hexadecimal");
    return value;
}

KeptPlan kept_plan(const Json& cell) {
    KeptPlan kept;
    kept.burn_in = cell.at("burn_in").get<std::int64_t>();
    kept.stride = cell.at("stride").get<std::int64_t>();
    kept.draws = cell.at("draws").get<std::int64_t>();
    kept.shards = cell.at("shards").get<std::int64_t>();
    kept.shard_chains = cell.at("shard_chains").get<std::int64_t>();
    kept.centre = cell.at("centre").get<std::vector<double>>();
    kept.scale = cell.at("scale").get<std::vector<double>>();
    kept.velocity_scale = cell.at("velocity_scale").get<double>();
    kept.pull_scale = cell.at("pull_scale").get<double>();
    kept.plan_key = from_hex(cell.at("plan_key").get<std::string>());
    if (kept.shards < 1 || kept.shard_chains < 1) throw std::invalid_argument("no shards");
    return kept;
}

}  // namespace

std::string plan_json(const std::vector<CellPlan>& plans) {
    Json json{{"schema", plan_schema}, {"program", program_info().version}, {"cells", Json::array()}};
    for (const CellPlan& plan : plans) json["cells"].push_back(cell_plan_json(plan));
    return document(json);
}

KeptPlans parse_plan_json(const std::string& text, const std::string& path) {
    KeptPlans plans;
    try {
        const Json json = Json::parse(text);
        if (json.at("schema") != plan_schema) throw std::invalid_argument("another schema");
        for (const Json& cell : json.at("cells")) plans[from_hex(cell.at("key").get<std::string>())] = kept_plan(cell);
    } catch (const std::exception&) {
        throw InputError(
            fmt::format("{} is damaged, or of another version of the program; without it the run is planned "
                        "anew, and shards of the same plan are still used",
                        path));
    }
    return plans;
}

CellPlan restore_plan(const KeptPlan& kept, const Cell& cell, CellProgram program, std::int64_t chains) {
    program.burn_in = kept.burn_in;
    program.stride = kept.stride;
    program.draws = kept.draws;
    program.shard_chains = kept.shard_chains;
    program.centre = kept.centre;
    program.scale = kept.scale;
    program.velocity_scale = kept.velocity_scale;
    program.pull_scale = kept.pull_scale;
    if (plan_key(program) != kept.plan_key)
        throw InputError(
            fmt::format("{}: plan.json was made by a build that computes other inputs for the same cell; "
                        "choose another --out",
                        describe(cell)));
    const std::int64_t wanted = (chains + kept.shard_chains - 1) / kept.shard_chains;
    return {cell, std::move(program), std::max(kept.shards, wanted)};
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

}  // namespace stationary
