#include "host/report/report_json.h"

#include "host/base/hash.h"
#include "host/report/invariance_report.h"
#include "host/report/json_values.h"

#include <utility>

namespace stationary {
namespace {

Json law_json(const PredictedLaw& law) {
    return {{"theory", to_string(law.prediction.theory)},
            {"covariance", to_json(law.prediction.covariance)},
            {"mean", to_json(law.prediction.mean)},
            {"exact", law.prediction.exact},
            {"effective_temperature", to_json(law.effective_temperature)}};
}

Json interval_json(const double (&interval)[2]) { return Json::array({to_json(interval[0]), to_json(interval[1])}); }

Json entry_json(const EntryDeviation& entry) {
    return {{"entry", {entry.row, entry.column}},
            {"deviation", to_json(entry.value)},
            {"standard_error", to_json(entry.standard_error)}};
}

Json compared_json(const ComparedLaw& compared) {
    Json object = law_json(compared.law);
    if (!compared.comparison) {
        for (const char* name : {"relative_error", "relative_error_standard_error", "signed_relative_error",
                                 "signed_relative_error_interval", "max_abs_t", "significant"}) {
            object[name] = nullptr;
        }
        object["verdict"] = to_string(Verdict::inconclusive);
        object["chains_needed"] = nullptr;
        return object;
    }
    const Comparison& comparison = *compared.comparison;
    object["relative_error"] = to_json(comparison.relative_error);
    object["relative_error_standard_error"] = to_json(comparison.relative_error_standard_error);
    object["signed_relative_error"] = to_json(comparison.signed_relative_error);
    object["signed_relative_error_interval"] = interval_json(comparison.signed_relative_error_interval);
    object["max_abs_t"] = to_json(comparison.max_abs_t);
    if (comparison.largest.row >= 0) object["largest_deviation"] = entry_json(comparison.largest);
    object["significant"] = comparison.significant;
    object["verdict"] = to_string(comparison.verdict);
    object["chains_needed"] = comparison.chains_needed;
    return object;
}

void add_plan(Json& object, const CellResult& result) {
    object["dimension"] = result.dimension;
    object["burn_in"] = result.plan.burn_in;
    object["stride"] = result.plan.stride;
    object["draws"] = result.plan.draws;
    object["chains"] = result.chains;
    object["shards"] = result.plan.shards;
    object["shard_chains"] = result.plan.shard_chains;
    object["shards_done"] = result.shards_done;
    object["steps_total"] = result.steps_total;
    object["seconds"] = to_json(result.seconds);
    object["chain_steps_per_second"] = to_json(result.chain_steps_per_second);
    object["component_steps_per_second"] = to_json(result.component_steps_per_second);
}

void add_missing_measurement(Json& object) {
    for (const char* name : {"mean", "mean_standard_error", "covariance", "covariance_standard_error",
                             "effective_temperature", "effective_temperature_standard_error",
                             "fluctuation_dissipation_ratio", "fluctuation_dissipation_ratio_standard_error",
                             "shard_kurtosis", "diverged_chains", "saturated_draws", "first_bad_step", "fingerprint"}) {
        object[name] = nullptr;
    }
}

void add_dissipation(Json& object, const std::optional<ScalarEstimate>& ratio) {
    object["fluctuation_dissipation_ratio"] = ratio ? to_json(ratio->value) : Json(nullptr);
    object["fluctuation_dissipation_ratio_standard_error"] = ratio ? to_json(ratio->standard_error) : Json(nullptr);
}

void add_measurement(Json& object, const Measurement& measurement) {
    object["mean"] = to_json(measurement.mean);
    object["mean_standard_error"] = to_json(measurement.mean_standard_error);
    object["covariance"] = to_json(measurement.covariance);
    object["covariance_standard_error"] = to_json(measurement.covariance_standard_error);
    object["effective_temperature"] = to_json(measurement.effective_temperature);
    object["effective_temperature_standard_error"] = to_json(measurement.effective_temperature_standard_error);
    add_dissipation(object, measurement.fluctuation_dissipation_ratio);
    object["shard_kurtosis"] = to_json(measurement.shard_kurtosis);
    object["diverged_chains"] = measurement.diverged_chains;
    object["saturated_draws"] = measurement.saturated_draws;
    object["first_bad_step"] = measurement.first_bad_step;
    object["fingerprint"] = hex(measurement.fingerprint);
}

/// "predictions_not_computed": [{"theory", "reason"}], where there are some.
void add_not_computed(Json& object, const std::vector<Theory>& theories) {
    if (theories.empty()) return;
    Json list = Json::array();
    for (const Theory theory : theories) list.push_back({{"theory", to_string(theory)}, {"reason", "cost"}});
    object["predictions_not_computed"] = std::move(list);
}

Json cell_result_json(const CellResult& result) {
    Json object = to_json(result.cell);
    add_stability(object, result.stability);
    add_plan(object, result);
    if (result.measurement) {
        add_measurement(object, *result.measurement);
    } else {
        add_missing_measurement(object);
    }
    object["heavy_tailed"] = result.heavy_tailed;
    if (result.reshuffle) object["reshuffle"] = to_json(*result.reshuffle);
    Json laws = Json::array();
    for (const ComparedLaw& law : result.laws) laws.push_back(compared_json(law));
    object["predictions"] = std::move(laws);
    add_not_computed(object, result.not_computed);
    return object;
}

Json predicted_cell_json(const PredictedCell& cell) {
    Json object = to_json(cell.cell);
    add_stability(object, cell.stability);
    object["predictions"] = Json::array();
    for (const PredictedLaw& law : cell.laws) object["predictions"].push_back(law_json(law));
    add_not_computed(object, cell.not_computed);
    return object;
}

}  // namespace

std::string results_json(const RunResults& results) {
    Json json{{"schema", 1},
              {"program", to_json(results.program)},
              {"backend", to_json(results.backend)},
              {"experiment", to_json(results.experiment)},
              {"status", to_string(results.status)},
              {"seconds", to_json(results.seconds)},
              {"family_intervals", results.intervals},
              {"cells", Json::array()},
              {"invariance", Json::array()},
              {"invariance_over_momenta", Json::array()}};
    for (const InvarianceResult& group : results.invariance) json["invariance"].push_back(to_json(group, results));
    for (const InvarianceResult& group : results.invariance_over_momenta)
        json["invariance_over_momenta"].push_back(to_json(group, results));
    return document(json, "cells", results.cells.size(),
                    [&results](std::size_t i) { return cell_result_json(results.cells[i]); });
}

std::string predictions_json(const PredictResults& results) {
    Json json{{"schema", 1},
              {"program", to_json(results.program)},
              {"experiment", to_json(results.experiment)},
              {"cells", Json::array()}};
    return document(json, "cells", results.cells.size(),
                    [&results](std::size_t i) { return predicted_cell_json(results.cells[i]); });
}

}  // namespace stationary
