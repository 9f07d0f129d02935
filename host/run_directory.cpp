#include "host/run_directory.h"

#include "host/error.h"
#include "host/hash.h"
#include "host/json.h"
#include "host/output_file.h"
#include "host/report_csv.h"
#include "host/report_json.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace stationary {
namespace {

std::string path_in(const std::string& directory, const std::string& name) {
    return (std::filesystem::path(directory) / name).string();
}

std::optional<std::string> contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::string absolute_path(const Experiment& experiment, const std::string& written) {
    if (written.empty()) return written;
    return std::filesystem::absolute(std::filesystem::path(experiment.directory) / written).lexically_normal().string();
}

/// The experiment with data paths that mean the same wherever its file lies.
Experiment with_absolute_paths(Experiment experiment) {
    experiment.model.data = absolute_path(experiment, experiment.model.data);
    experiment.model.gradient_residuals_file = absolute_path(experiment, experiment.model.gradient_residuals_file);
    return experiment;
}

void create(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw FileError(fmt::format("cannot create {}: {}", directory, error.message()));
    if (!std::filesystem::is_directory(directory, error)) {
        throw FileError(fmt::format("cannot create {}: a file of that name is in the way", directory));
    }
}

/// The cells' keys cover seed, data and parameters: equal keys in a plan mean the same chains.
Json cell_keys(const std::string& plan) {
    Json keys = Json::array();
    const Json json = Json::parse(plan, nullptr, false);
    if (!json.is_object() || !json.contains("cells") || !json["cells"].is_array()) return keys;
    for (const Json& cell : json["cells"]) keys.push_back(cell.value("key", ""));
    return keys;
}

void refuse_other_experiment(const std::string& directory, const std::string& experiment, const std::string& plan) {
    const auto known_experiment = contents(path_in(directory, "experiment.toml"));
    const auto known_plan = contents(path_in(directory, "plan.json"));
    const bool foreign_results = !known_experiment && contents(path_in(directory, "results.json")).has_value();
    const bool other_experiment = known_experiment && *known_experiment != experiment;
    const bool other_chains = known_plan && cell_keys(*known_plan) != cell_keys(plan);
    if (foreign_results || other_experiment || other_chains) {
        throw InputError(fmt::format("{} holds the results of another experiment; choose another --out", directory));
    }
}

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
            {"scale", to_json(program.scale)}};
}

}  // namespace

std::string plan_json(const std::vector<CellPlan>& plans) {
    Json json{{"schema", 1}, {"cells", Json::array()}};
    for (const CellPlan& plan : plans) json["cells"].push_back(cell_plan_json(plan));
    return document(json);
}

void prepare_run_directory(const std::string& directory, const Experiment& experiment,
                           const std::vector<CellPlan>& plans) {
    const std::string toml = to_toml(with_absolute_paths(experiment));
    const std::string plan = plan_json(plans);
    create(directory);
    refuse_other_experiment(directory, toml, plan);
    replace_file(path_in(directory, "experiment.toml"), toml);
    replace_file(path_in(directory, "plan.json"), plan);
}

void write_results(const std::string& directory, const RunResults& results) {
    for (const CellResult& cell : results.cells) {
        if (!cell.measurement) continue;
        replace_npy(path_in(directory, fmt::format("covariance-{}.npy", cell.cell.index)),
                    cell.measurement->covariance);
    }
    replace_file(path_in(directory, "cells.csv"), results_csv(results));
    replace_file(path_in(directory, "results.json"), results_json(results));
}

}  // namespace stationary
