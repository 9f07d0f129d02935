#include "host/report/invariance_report.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

Json interval_json(double low, double high) { return Json::array({to_json(low), to_json(high)}); }

Json observed_json(const ObservedDeviation& observed) {
    Json object{{"deviation", to_json(observed.measured.value)},
                {"standard_error", to_json(observed.measured.standard_error)},
                {"interval", interval_json(observed.measured.value - observed.half_width,
                                           observed.measured.value + observed.half_width)},
                {"predicted_deviation", to_json(observed.predicted)}};
    if (observed.i >= 0) object["modes"] = {observed.i, observed.j};
    return object;
}

/// What is worst over the group: its own numbers, and those of the exact laws.
Json spread_json(const ObservableSpread& spread) {
    Json object = observed_json(spread.worst);
    object["name"] = to_string(spread.kind);
    object["cell"] = spread.cell;
    object["relative_spread"] = to_json(std::abs(spread.worst.measured.value));
    object["predicted"] = to_json(spread.predicted_spread);
    object["verdict"] = to_string(spread.verdict);
    return object;
}

Json row_json(const InvarianceRow& row) {
    Json object{{"cell", row.cell}, {"effective_batch", to_json(row.effective_batch)}, {"reach", to_json(row.reach)}};
    for (const Observable kind :
         {Observable::diagonal, Observable::loss, Observable::off_diagonal, Observable::off_diagonal_ratio}) {
        const ObservedDeviation* worst = worst_of(row.observed, kind);
        object[to_string(kind)] = worst ? observed_json(*worst) : Json(nullptr);
    }
    return object;
}

/// The members in the order of "cells", with their deviation as a whole.
Json members_json(const InvarianceResult& result, const RunResults& results) {
    Json members = Json::array();
    const Invariance& invariance = result.invariance;
    for (std::size_t m = 0; m < invariance.deviations.size(); ++m) {
        const auto is_member = [&](const InvarianceRow& row) { return row.cell == invariance.cells[m]; };
        const auto row = std::find_if(results.invariance_rows.begin(), results.invariance_rows.end(), is_member);
        if (row == results.invariance_rows.end()) continue;
        Json object = row_json(*row);
        const MemberDeviation& deviation = invariance.deviations[m];
        object["deviation"] = to_json(deviation.value);
        object["standard_error"] = to_json(deviation.standard_error);
        object["predicted_deviation"] = to_json(deviation.predicted);
        object["verdict"] = to_string(deviation.verdict);
        members.push_back(std::move(object));
    }
    return members;
}

void add_predicted_range(Json& object, const Invariance& invariance) {
    const auto& range = invariance.predicted_range;
    object["predicted_spread"] = to_json(std::abs(invariance.predicted));
    object["predicted_holds_up_to_learning_rate"] = range ? to_json(range->learning_rate) : Json(nullptr);
    object["predicted_holds_up_to_batch_size"] = range ? Json(range->batch_size) : Json(nullptr);
    object["predicted_holds_up_to_reach"] = range ? to_json(range->reach) : Json(nullptr);
    object["breakdown_as_predicted"] = to_string(invariance.breakdown);
}

}  // namespace

Json to_json(const InvarianceResult& result, const RunResults& results) {
    const Invariance& invariance = result.invariance;
    Json object{{"dynamics", to_string(invariance.dynamics)},
                {"update", to_string(invariance.update)},
                {"sampling", to_string(invariance.sampling)},
                {"eta0", to_json(invariance.eta0)},
                {"momentum", to_json(invariance.momentum)},
                {"dampening", to_json(result.dampening)},
                {"time_step", to_json(result.time_step)},
                {"epoch_position", result.epoch_position},
                {"cells", invariance.cells},
                {"relative_spread", to_json(invariance.relative_spread)},
                {"relative_spread_standard_error", to_json(invariance.relative_spread_standard_error)},
                {"relative_spread_interval",
                 interval_json(invariance.relative_spread_interval[0], invariance.relative_spread_interval[1])},
                {"holds_up_to_learning_rate", to_json(invariance.holds_up_to_learning_rate)},
                {"holds_up_to_batch_size", invariance.holds_up_to_batch_size},
                {"holds_up_to_reach", to_json(invariance.holds_up_to_reach)},
                {"verdict", to_string(invariance.verdict)}};
    if (result.scope == InvarianceScope::all_momenta) {
        object.erase("momentum");
        object.erase("dampening");
        object["momenta"] = to_json(result.momenta);
    }
    add_predicted_range(object, invariance);
    object["observables"] = Json::array();
    for (const ObservableSpread& spread : result.observables) object["observables"].push_back(spread_json(spread));
    object["members"] = members_json(result, results);
    return object;
}

Json to_json(const ReshuffleTemperature& temperature) {
    return {{"fraction_of_with_replacement", to_json(temperature.fraction)},
            {"fraction_of_with_replacement_standard_error", to_json(temperature.standard_error)},
            {"predicted_fraction", to_json(temperature.predicted)},
            {"predicted_is_exact", temperature.exact}};
}

}  // namespace stationary
