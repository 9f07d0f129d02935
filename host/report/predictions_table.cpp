#include "host/report/report_table.h"

#include "host/base/text.h"
#include "host/report/cell_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace stationary {
namespace {

const char* const missing = "-";

using CellList = std::vector<const PredictedCell*>;

std::vector<Theory> theories_of(const CellList& cells) {
    std::vector<Theory> theories;
    const auto add = [&theories](Theory theory) {
        if (std::find(theories.begin(), theories.end(), theory) == theories.end()) theories.push_back(theory);
    };
    for (const PredictedCell* cell : cells) {
        for (const PredictedLaw& law : cell->laws) add(law.prediction.theory);
        for (const Theory theory : cell->not_computed) add(theory);
    }
    return theories;
}

std::string law_text(const PredictedCell& cell, Theory theory) {
    for (const PredictedLaw& law : cell.laws) {
        if (law.prediction.theory == theory) {
            return fmt::format("{:.6g}{}", law.effective_temperature, law.prediction.exact ? " exact" : "");
        }
    }
    const auto left_out = std::find(cell.not_computed.begin(), cell.not_computed.end(), theory);
    return left_out == cell.not_computed.end() ? missing : "not computed (cost)";
}

std::string limit_text(const Stability& stability) {
    return (stability.approximate ? "~" : "") + short_number(stability.learning_rate_limit);
}

std::string block_text(const CellBlock& block, const PredictResults& results) {
    CellList cells;
    for (const std::size_t member : block.members) cells.push_back(&results.cells[member]);
    const std::vector<Theory> theories = theories_of(cells);
    TextTable table = block.parameters;
    table.column("stable", Align::left);
    table.column("eta limit", Align::right);
    table.column("4th moment", Align::right);
    for (const Theory theory : theories) table.column(to_string(theory), Align::left);
    for (std::size_t row = 0; row < cells.size(); ++row) {
        const Stability& stability = cells[row]->stability;
        const double fourth = stability.fourth_moment_limit;
        std::vector<std::string>& entries = table.rows[row];
        entries.insert(entries.end(), {stability.stable ? "yes" : "no", limit_text(stability),
                                       std::isnan(fourth) ? missing : short_number(fourth)});
        for (const Theory theory : theories) entries.push_back(law_text(*cells[row], theory));
    }
    return block.heading + '\n' + table.render() + '\n';
}

/// What the marks of laws and limits that would take too long mean; empty where there are none.
std::string cost_legend(const PredictResults& results) {
    const bool costly = std::any_of(results.cells.begin(), results.cells.end(),
                                    [](const PredictedCell& cell) { return !cell.not_computed.empty(); });
    return costly
               ? " not computed (cost): the exact law of so large a data set would take too long; ~: the limit leaves "
                 "out how correlations between modes feed their variances."
               : "";
}

}  // namespace

std::string predictions_table(const PredictResults& results) {
    std::vector<Cell> cells;
    for (const PredictedCell& cell : results.cells) cells.push_back(cell.cell);
    std::string text = model_lines(results.experiment, results.model) + '\n';
    for (const CellBlock& block : cell_blocks(cells)) text += block_text(block, results);
    return text +
           wrapped(std::string(
                       "Under each theory: the effective temperature tr(HC)/d of its stationary covariance C; the "
                       "covariances themselves "
                       "are in --json. eta limit: mean-square stability, the other parameters held fixed. 4th moment: "
                       "the learning "
                       "rate up to which it exists (inf: at every stable one).") +
                       cost_legend(results),
                   report_width, 0);
}

}  // namespace stationary
