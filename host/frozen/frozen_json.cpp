#include "host/frozen/frozen_json.h"

#include "host/base/hash.h"
#include "host/report/json_values.h"

#include <utility>

namespace stationary {
namespace {

Json context_json(const NoiseContext& context) {
    return {{"schema", 1},
            {"program", to_json(context.program)},
            {"backend", to_json(context.backend)},
            {"experiment", to_json(context.experiment)},
            {"status", to_string(context.status)},
            {"seconds", to_json(context.seconds)},
            {"family_intervals", context.family.intervals}};
}

void add_measurement(Json& object, const NoiseMeasurement& measured) {
    object["key"] = hex(measured.key);
    object["draws"] = measured.draws;
    object["shards"] = measured.shards;
    object["shards_done"] = measured.shards_done;
    object["seconds"] = to_json(measured.seconds);
    const Estimate* estimate = measured.estimate ? &*measured.estimate : nullptr;
    object["covariance"] = estimate ? to_json(estimate->covariance) : Json(nullptr);
    object["covariance_standard_error"] = estimate ? to_json(estimate->covariance_standard_error) : Json(nullptr);
    object["factor_measured"] = estimate ? to_json(measured.factor.value) : Json(nullptr);
    object["factor_measured_standard_error"] = estimate ? to_json(measured.factor.standard_error) : Json(nullptr);
    object["diverged_chains"] = estimate ? Json(estimate->diverged_chains) : Json(nullptr);
    object["saturated_draws"] = estimate ? Json(estimate->saturated_draws) : Json(nullptr);
    object["fingerprint"] = estimate ? Json(hex(estimate->fingerprint)) : Json(nullptr);
}

Json signed_interval(const Comparison& comparison) {
    const auto& interval = comparison.signed_relative_error_interval;
    return Json::array({to_json(interval[0]), to_json(interval[1])});
}

void add_comparison(Json& object, const std::optional<Comparison>& comparison) {
    const auto add = [&](const char* name, const auto& value) {
        object[name] = comparison ? Json(value(*comparison)) : Json(nullptr);
    };
    add("relative_error", [](const Comparison& c) { return to_json(c.relative_error); });
    add("relative_error_standard_error", [](const Comparison& c) { return to_json(c.relative_error_standard_error); });
    add("signed_relative_error", [](const Comparison& c) { return to_json(c.signed_relative_error); });
    add("signed_relative_error_interval", signed_interval);
    add("max_abs_t", [](const Comparison& c) { return to_json(c.max_abs_t); });
    add("significant", [](const Comparison& c) { return c.significant; });
    object["verdict"] = to_string(comparison ? comparison->verdict : Verdict::inconclusive);
    add("draws_needed", [](const Comparison& c) { return c.chains_needed; });
}

Json row_json(const GradientNoiseRow& row) {
    Json object{{"batch_size", row.batch_size}, {"sampling", to_string(row.sampling)}};
    add_measurement(object, row.measured);
    object["prediction"] = to_json(row.prediction.covariance);
    object["factor"] = to_json(row.prediction.factor);
    add_comparison(object, row.prediction.comparison);
    return object;
}

Json claim_json(const char* name, const NoiseClaim& claim) {
    Json object{{"name", name}, {"factor", to_json(claim.factor)}, {"covariance", to_json(claim.covariance)}};
    add_comparison(object, claim.comparison);
    return object;
}

Json window_json(const WindowRow& row) {
    Json object{{"steps", row.steps}};
    add_measurement(object, row.measured);
    object["exact"] = to_json(row.exact.covariance);
    object["exact_factor"] = to_json(row.exact.factor);
    object["total_influence_limit"] = to_json(row.total_influence_limit.covariance);
    object["total_influence_limit_factor"] = to_json(row.total_influence_limit.factor);
    add_comparison(object, row.exact.comparison);
    const std::optional<Comparison>& limit = row.total_influence_limit.comparison;
    object["total_influence_limit_signed_relative_error"] =
        limit ? to_json(limit->signed_relative_error) : Json(nullptr);
    object["total_influence_limit_verdict"] = to_string(limit ? limit->verdict : Verdict::inconclusive);
    return object;
}

}  // namespace

std::string gradient_noise_json(const GradientNoiseResults& results) {
    Json json = context_json(results.context);
    json["at"] = to_json(results.at);
    json["point_covariance"] = to_json(results.context.point_covariance);
    json["rows"] = Json::array();
    for (const GradientNoiseRow& row : results.rows) json["rows"].push_back(row_json(row));
    return document(json);
}

std::string weighted_sum_json(const WeightedSumResults& results) {
    Json json = context_json(results.context);
    json["alpha"] = to_json(results.alpha);
    json["sum_alpha"] = to_json(results.sum_alpha);
    json["sum_alpha_squared"] = to_json(results.sum_alpha_squared);
    json["point_covariance"] = to_json(results.context.point_covariance);
    add_measurement(json, results.measured);
    json["claims"] = Json::array(
        {claim_json("sum_alpha_squared", results.squared), claim_json("sum_alpha_as_printed", results.as_printed)});
    json["window_cell"] = results.window_cell ? to_json(*results.window_cell) : Json(nullptr);
    json["windows"] = Json::array();
    for (const WindowRow& row : results.windows) json["windows"].push_back(window_json(row));
    return document(json);
}

}  // namespace stationary
