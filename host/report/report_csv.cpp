#include "host/report/report_csv.h"

#include "host/base/hash.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace stationary {
namespace {

const std::vector<std::string> cell_columns{"index",
                                            "key",
                                            "dynamics",
                                            "update",
                                            "sampling",
                                            "eta0",
                                            "learning_rate",
                                            "batch_size",
                                            "momentum",
                                            "dampening",
                                            "time_step",
                                            "epoch_position",
                                            "dimension",
                                            "burn_in",
                                            "stride",
                                            "draws",
                                            "chains",
                                            "shards_done",
                                            "steps_total",
                                            "seconds",
                                            "chain_steps_per_second",
                                            "learning_rate_limit",
                                            "fourth_moment_limit",
                                            "heavy_tailed"};
const std::vector<std::string> measurement_columns{"effective_temperature", "effective_temperature_standard_error",
                                                   "diverged_chains", "saturated_draws", "fingerprint"};
const std::vector<std::string> law_columns{"theory",
                                           "exact",
                                           "theory_effective_temperature",
                                           "relative_error",
                                           "relative_error_standard_error",
                                           "signed_relative_error",
                                           "signed_relative_error_low",
                                           "signed_relative_error_high",
                                           "max_abs_t",
                                           "significant",
                                           "verdict",
                                           "chains_needed"};

using Row = std::vector<std::string>;

std::string number(double value) { return fmt::format("{}", value); }

void append(Row& row, const Row& more) { row.insert(row.end(), more.begin(), more.end()); }

Row cell_entries(const CellResult& result) {
    const Cell& cell = result.cell;
    return {std::to_string(cell.index),
            hex(cell.key),
            to_string(cell.dynamics),
            to_string(cell.update),
            to_string(cell.sampling),
            number(cell.eta0),
            number(cell.learning_rate),
            std::to_string(cell.batch_size),
            number(cell.momentum),
            number(cell.dampening),
            number(cell.time_step),
            std::to_string(cell.epoch_position),
            std::to_string(result.dimension),
            std::to_string(result.plan.burn_in),
            std::to_string(result.plan.stride),
            std::to_string(result.plan.draws),
            std::to_string(result.chains),
            std::to_string(result.shards_done),
            std::to_string(result.steps_total),
            number(result.seconds),
            number(result.chain_steps_per_second),
            number(result.stability.learning_rate_limit),
            number(result.stability.fourth_moment_limit),
            fmt::format("{}", result.heavy_tailed)};
}

Row measurement_entries(const CellResult& result) {
    if (!result.measurement) return Row(measurement_columns.size());
    const Measurement& measured = *result.measurement;
    return {number(measured.effective_temperature), number(measured.effective_temperature_standard_error),
            std::to_string(measured.diverged_chains), std::to_string(measured.saturated_draws),
            hex(measured.fingerprint)};
}

Row law_entries(const ComparedLaw& compared) {
    const PredictedLaw& law = compared.law;
    Row row{to_string(law.prediction.theory), fmt::format("{}", law.prediction.exact),
            number(law.effective_temperature)};
    if (compared.comparison) {
        const Comparison& comparison = *compared.comparison;
        append(row, {number(comparison.relative_error), number(comparison.relative_error_standard_error),
                     number(comparison.signed_relative_error), number(comparison.signed_relative_error_interval[0]),
                     number(comparison.signed_relative_error_interval[1]), number(comparison.max_abs_t),
                     fmt::format("{}", comparison.significant), to_string(comparison.verdict),
                     std::to_string(comparison.chains_needed)});
    }
    row.resize(law_columns.size());
    return row;
}

std::string line(const Row& row) { return fmt::format("{}\n", fmt::join(row, ",")); }

}  // namespace

std::string results_csv(const RunResults& results) {
    Row header = cell_columns;
    append(header, measurement_columns);
    append(header, law_columns);
    std::string text = line(header);
    for (const CellResult& result : results.cells) {
        Row start = cell_entries(result);
        append(start, measurement_entries(result));
        if (result.laws.empty()) append(start, Row(law_columns.size()));
        if (result.laws.empty()) text += line(start);
        for (const ComparedLaw& law : result.laws) {
            Row row = start;
            append(row, law_entries(law));
            text += line(row);
        }
        for (const Theory theory : result.not_computed) {
            Row row = start;
            Row entries(law_columns.size());
            entries[0] = to_string(theory);
            entries[law_columns.size() - 2] = "not computed (cost)";
            append(row, entries);
            text += line(row);
        }
    }
    return text;
}

}  // namespace stationary
