#include "host/report/report_table.h"

#include "host/base/hash.h"
#include "host/base/text.h"
#include "host/report/cell_blocks.h"
#include "host/report/invariance_report.h"
#include "host/report/report_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace stationary {
namespace {

const char* const missing = "-";
const char* const too_costly = "not computed (cost)";

std::string device_text(const BackendInfo& backend) {
    if (backend.kind != "cpu") {
        const std::string devices = backend.devices > 1 ? fmt::format("{} x ", backend.devices) : "";
        return fmt::format("{}, {}{}, {}", backend.kind, devices, backend.device, backend.simd);
    }
    return fmt::format("{}, {}, {} thread{}, {}", backend.kind, backend.device, backend.threads,
                       backend.threads == 1 ? "" : "s", backend.simd);
}

std::string normals_and_precision(const RunSpec& run) {
    return fmt::format("{} precision, {} normals", run.precision == Precision::double_precision ? "double" : "float",
                       to_string(run.normals));
}

std::string range_text(std::int64_t low, std::int64_t high) {
    return low == high ? grouped(low) : grouped(low) + " to " + grouped(high);
}

std::string chains_text(const RunResults& results) {
    const auto by_chains = [](const CellResult& a, const CellResult& b) { return a.plan.chains < b.plan.chains; };
    const auto [low, high] = std::minmax_element(results.cells.begin(), results.cells.end(), by_chains);
    const std::int64_t asked = results.experiment.ensemble.chains;
    const std::string chains = range_text(low->plan.chains, high->plan.chains) + " chains per cell";
    if (high->plan.chains == asked) return chains;
    return chains + fmt::format(" ({} asked for, rounded up to whole shards)", grouped(asked));
}

std::string ensemble_line(const RunResults& results) {
    const EnsembleSpec& ensemble = results.experiment.ensemble;
    return fmt::format("{}, {} draw{} each, seed {}", chains_text(results), grouped(ensemble.draws),
                       ensemble.draws == 1 ? "" : "s", ensemble.seed);
}

std::string verdict_line(const RunResults& results) {
    const VerdictSpec& verdict = results.experiment.verdict;
    return fmt::format("tolerance {} %, family error rate {} over {} intervals",
                       short_number(100.0 * verdict.tolerance), short_number(verdict.family_error_rate),
                       grouped(results.intervals));
}

std::string steps_text(const PlanSummary& plan) {
    if (plan.draws == 1) return std::to_string(plan.burn_in);
    return fmt::format("{}+{}\u00b7{}", plan.burn_in, plan.draws - 1, plan.stride);
}

std::string temperature_text(const CellResult& cell) {
    if (!cell.measurement) return missing;
    return with_error(cell.measurement->effective_temperature, cell.measurement->effective_temperature_standard_error);
}

const ComparedLaw* find_law(const CellResult& cell, Theory theory) {
    const auto found = std::find_if(cell.laws.begin(), cell.laws.end(),
                                    [&](const ComparedLaw& law) { return law.law.prediction.theory == theory; });
    return found == cell.laws.end() || !found->comparison ? nullptr : &*found;
}

using CellList = std::vector<const CellResult*>;

/// Theories of a block's cells, in the order of their first appearance.
std::vector<Theory> theories_of(const CellList& cells) {
    std::vector<Theory> theories;
    const auto add = [&theories](Theory theory) {
        if (std::find(theories.begin(), theories.end(), theory) == theories.end()) theories.push_back(theory);
    };
    for (const CellResult* cell : cells) {
        for (const ComparedLaw& law : cell->laws) add(law.law.prediction.theory);
        for (const Theory theory : cell->not_computed) add(theory);
    }
    return theories;
}

/// What stands in the place of a law that a cell has no comparison with.
std::string missing_law(const CellResult& cell, Theory theory) {
    const auto found = std::find(cell.not_computed.begin(), cell.not_computed.end(), theory);
    return found == cell.not_computed.end() ? missing : too_costly;
}

/// "+13.2±0.3 differs*" for each cell, the numbers aligned.
std::vector<std::string> law_texts(const CellList& cells, Theory theory) {
    std::vector<std::string> errors;
    std::size_t width = 0;
    for (const CellResult* cell : cells) {
        const ComparedLaw* law = find_law(*cell, theory);
        errors.push_back(law ? signed_percent(law->comparison->signed_relative_error, law->half_width)
                             : missing_law(*cell, theory));
        width = std::max(width, display_width(errors.back()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const ComparedLaw* law = find_law(*cells[i], theory);
        if (law == nullptr) continue;
        errors[i] = padded(errors[i], width, Align::right) + ' ' + to_string(law->comparison->verdict) +
                    (law->comparison->significant ? "*" : "");
    }
    return errors;
}

std::string fingerprint_text(const CellResult& cell) {
    return cell.measurement ? hex(cell.measurement->fingerprint) : missing;
}

void add_column(TextTable& table, std::string name, Align align, const std::vector<std::string>& texts) {
    table.column(std::move(name), align);
    for (std::size_t row = 0; row < texts.size(); ++row) table.rows[row].push_back(texts[row]);
}

template <typename Text>
std::vector<std::string> texts_of(const CellList& cells, const Text& text) {
    std::vector<std::string> texts;
    for (const CellResult* cell : cells) texts.push_back(text(*cell));
    return texts;
}

/// The fingerprints under a block whose rows have no room for them.
std::string fingerprint_lines(const CellList& cells) {
    std::string list = "  fingerprints:";
    for (const CellResult* cell : cells) {
        list += fmt::format(" {}:{}", cell->cell.index, fingerprint_text(*cell));
    }
    return wrapped(list, report_width, 16);
}

std::string block_text(const CellBlock& block, const RunResults& results) {
    CellList cells;
    for (const std::size_t member : block.members) cells.push_back(&results.cells[member]);
    TextTable table = block.parameters;
    add_column(table, "steps", Align::right,
               texts_of(cells, [](const CellResult& cell) { return steps_text(cell.plan); }));
    add_column(table, "temperature", Align::left, texts_of(cells, temperature_text));
    for (const Theory theory : theories_of(cells)) {
        add_column(table, to_string(theory), Align::left, law_texts(cells, theory));
    }
    TextTable full = table;
    add_column(full, "fingerprint", Align::left, texts_of(cells, fingerprint_text));
    const bool fits = full.width() <= report_width;
    return block.heading + '\n' + (fits ? full.render() : table.render() + fingerprint_lines(cells)) + '\n';
}

std::vector<Cell> cells_of(const RunResults& results) {
    std::vector<Cell> cells;
    for (const CellResult& cell : results.cells) cells.push_back(cell.cell);
    return cells;
}

/// "langevin_discrete and least_squares": the theories that are exact for these cells as they ran.
std::string exact_theories(const RunResults& results) {
    std::vector<std::string> names;
    for (const CellResult& cell : results.cells) {
        for (const ComparedLaw& law : cell.laws) {
            const std::string name = to_string(law.law.prediction.theory);
            if (law.law.prediction.exact && std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        }
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, " and "));
}

std::string footer(const RunResults& results) {
    const std::string text = fmt::format(
        "How to read it: steps = burn-in + further draws \u00b7 stride. temperature = tr(HC)/d, its standard error in "
        "the last digits. Under each theory: signed relative error of the covariance as a whole in %, \u00b1 half its "
        "simultaneous interval. The verdict tests every entry besides. agrees: all intervals within \u00b1{} %, "
        "differs: one "
        "wholly outside, inconclusive: neither; * a difference can be told at all. Exact here: {}; the others are "
        "approximations. Equal fingerprints mean bit-identical moments.",
        short_number(100.0 * results.experiment.verdict.tolerance), exact_theories(results));
    return wrapped(text, report_width, 0);
}

std::string separated(const std::string& paragraph) { return paragraph.empty() ? "" : paragraph + '\n'; }

}  // namespace

std::string backend_line(const BackendInfo& backend, const RunSpec& run) {
    return device_text(backend) + ", " + normals_and_precision(run);
}

std::string model_lines(const Experiment& experiment, const ModelSummary& model) {
    const std::string points =
        model.training_points > 0 ? fmt::format("N = {}", grouped(model.training_points)) : "fresh training points";
    return fmt::format("{}\n  model     {}, d = {}, {}, curvatures of H {} to {}\n",
                       experiment.title.empty() ? experiment.file : experiment.title, to_string(model.kind),
                       model.dimension, points, short_number(model.smallest_curvature),
                       short_number(model.largest_curvature));
}

std::string results_table(const RunResults& results) {
    std::string text = model_lines(results.experiment, results.model);
    text += "  backend   " + backend_line(results.backend, results.experiment.run) + '\n';
    text += "  ensemble  " + ensemble_line(results) + '\n';
    text += "  verdict   " + verdict_line(results) + '\n';
    text += fmt::format("  status    {}, {}\n\n", to_string(results.status), duration_text(results.seconds));
    for (const CellBlock& block : cell_blocks(cells_of(results))) text += block_text(block, results);
    text += separated(reshuffle_lines(results)) + separated(invariance_lines(results)) + separated(note_lines(results));
    return text + footer(results);
}

}  // namespace stationary
