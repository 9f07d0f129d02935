#include "host/report_table.h"

#include "host/cell_blocks.h"
#include "host/text.h"

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
    for (const PredictedCell* cell : cells) {
        for (const PredictedLaw& law : cell->laws) {
            if (std::find(theories.begin(), theories.end(), law.prediction.theory) == theories.end()) {
                theories.push_back(law.prediction.theory);
            }
        }
    }
    return theories;
}

std::string law_text(const PredictedCell& cell, Theory theory) {
    for (const PredictedLaw& law : cell.laws) {
        if (law.prediction.theory == theory) {
            return fmt::format("{:.6g}{}", law.effective_temperature, law.prediction.exact ? " exact" : "");
        }
    }
    return missing;
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
        entries.insert(entries.end(), {stability.stable ? "yes" : "no", short_number(stability.learning_rate_limit),
                                       std::isnan(fourth) ? missing : short_number(fourth)});
        for (const Theory theory : theories) entries.push_back(law_text(*cells[row], theory));
    }
    return block.heading + '\n' + table.render() + '\n';
}

}  // namespace

std::string predictions_table(const PredictResults& results) {
    std::vector<Cell> cells;
    for (const PredictedCell& cell : results.cells) cells.push_back(cell.cell);
    std::string text = model_lines(results.experiment, results.model) + '\n';
    for (const CellBlock& block : cell_blocks(cells)) text += block_text(block, results);
    return text + wrapped(
                      "Under each theory: the effective temperature tr(HC)/d of its stationary covariance C; the "
                      "covariances themselves "
                      "are in --json. eta limit: mean-square stability, the other parameters held fixed. 4th moment: "
                      "the learning "
                      "rate up to which it exists (inf: at every stable one).",
                      report_width, 0);
}

}  // namespace stationary
