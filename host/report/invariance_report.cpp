#include "host/report/invariance_report.h"

#include "host/base/text.h"
#include "host/report/cell_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace stationary {
namespace {

const char* const missing = "-";

std::string percent(double fraction) { return short_number(100.0 * fraction) + " %"; }

std::string momentum_text(const InvarianceResult& result) {
    if (result.scope == InvarianceScope::one_momentum)
        return fmt::format(" mu={}", short_number(result.invariance.momentum));
    return fmt::format(" all mu from {} to {}", short_number(result.momenta.front()),
                       short_number(result.momenta.back()));
}

std::string group_name(const InvarianceResult& result) {
    const Invariance& group = result.invariance;
    std::string name = to_string(group.dynamics);
    if (group.dynamics == Dynamics::langevin) return name + fmt::format(" dt/eta={}", short_number(result.time_step));
    if (group.update != UpdateRule::heavy_ball) name += ' ' + to_string(group.update);
    name += momentum_text(result);
    if (result.dampening != 0.0 && group.update != UpdateRule::ema)
        name += fmt::format(" tau={}", short_number(result.dampening));
    if (group.sampling != Sampling::with_replacement) name += ' ' + to_string(group.sampling);
    if (result.epoch_position != 0) name += fmt::format(" step {}", result.epoch_position);
    return name;
}

/// "B = 8 (eta = 0.016, reach 0.066)"; across momenta only the reach has a meaning.
std::string range_text(const InvarianceRange& range, InvarianceScope scope) {
    if (scope == InvarianceScope::all_momenta) return "reach " + short_number(range.reach);
    return fmt::format("B = {} (eta = {}, reach {})", range.batch_size, short_number(range.learning_rate),
                       short_number(range.reach));
}

std::string measured_range_text(const InvarianceResult& result, double tolerance) {
    const Invariance& group = result.invariance;
    if (group.holds_up_to_batch_size == 0)
        return fmt::format("not shown to be invariant within {} at any {}", percent(tolerance),
                           result.scope == InvarianceScope::all_momenta ? "reach" : "batch size");
    const InvarianceRange range{group.holds_up_to_learning_rate, group.holds_up_to_batch_size, group.holds_up_to_reach};
    return fmt::format("invariant within {} up to {}", percent(tolerance), range_text(range, result.scope));
}

const char* breakdown_text(Verdict breakdown) {
    switch (breakdown) {
        case Verdict::agrees:
            return "as measured";
        case Verdict::differs:
            return "contradicted";
        case Verdict::inconclusive:
            break;
    }
    return "undecided";
}

std::string predicted_range_text(const InvarianceResult& result) {
    const auto& range = result.invariance.predicted_range;
    if (!range) return "no exact law is known";
    const char* const breakdown = breakdown_text(result.invariance.breakdown);
    if (range->batch_size == 0) return fmt::format("exact law: nowhere, {}", breakdown);
    if (result.scope == InvarianceScope::all_momenta)
        return fmt::format("exact law: up to {}, {}", range_text(*range, result.scope), breakdown);
    return fmt::format("exact law: up to B = {}, {}", range->batch_size, breakdown);
}

/// "(+13.1)": what the exact law has where something else was measured.
std::string in_brackets(double predicted) {
    const double percent = 100.0 * predicted;
    if (std::isnan(percent)) return "";
    const int decimals = std::abs(percent) < 9.995 ? 2 : std::abs(percent) < 99.95 ? 1 : 0;
    return fmt::format(" ({:+.{}f})", percent, decimals);
}

std::string place_text(const InvarianceResult& result) {
    if (result.scope == InvarianceScope::one_momentum) return fmt::format("B = {}", result.largest_batch_size);
    return fmt::format("B = {}, mu = {}", result.largest_batch_size, short_number(result.largest_momentum));
}

std::string group_lines(const InvarianceResult& result, double tolerance) {
    return fmt::format("  {} eta0={}: {};\n    {}; largest deviation {} % at {}: {}{}\n", group_name(result),
                       short_number(result.invariance.eta0), measured_range_text(result, tolerance),
                       predicted_range_text(result), signed_percent(result.deviation, result.half_width),
                       place_text(result), to_string(result.invariance.verdict),
                       in_brackets(result.invariance.predicted));
}

/// Columns that show something somewhere.
void add_column(TextTable& table, const char* name, Align align, const std::vector<std::string>& texts) {
    if (std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return text == missing; })) return;
    table.column(name, align);
    for (std::size_t row = 0; row < texts.size(); ++row) table.rows[row].push_back(texts[row]);
}

std::string deviation_text(const ObservedDeviation& deviation) {
    return signed_percent(deviation.measured.value, deviation.half_width) + in_brackets(deviation.predicted);
}

/// A covariance of two eigenvectors over the limit's: "0.1310(4) (0.131)".
std::string ratio_text(const ObservedDeviation& deviation) {
    const double ratio = 1.0 + deviation.measured.value;
    const double error = deviation.measured.standard_error;
    const std::string text = error > 1e-5 * std::abs(ratio) ? with_error(ratio, error) : short_number(ratio);
    return std::isnan(deviation.predicted) ? text : text + fmt::format(" ({:.3g})", 1.0 + deviation.predicted);
}

std::string observed_text(const ObservedDeviation* deviation) {
    if (deviation == nullptr) return missing;
    return deviation->kind == Observable::off_diagonal_ratio ? ratio_text(*deviation) : deviation_text(*deviation);
}

struct ObservableColumn {
    Observable kind;
    const char* name;
};
constexpr ObservableColumn observable_columns[] = {{Observable::diagonal, "worst mode (exact)"},
                                                   {Observable::loss, "loss (exact)"},
                                                   {Observable::off_diagonal, "off-diagonal (exact)"},
                                                   {Observable::off_diagonal_ratio, "C_ij/limit (exact)"}};

const ObservableSpread* find_spread(const InvarianceResult& result, Observable kind) {
    const auto found = std::find_if(result.observables.begin(), result.observables.end(),
                                    [kind](const ObservableSpread& spread) { return spread.kind == kind; });
    return found == result.observables.end() ? nullptr : &*found;
}

/// A verdict as one character, where there is no room for the word.
const char* mark_of(Verdict verdict) {
    if (verdict == Verdict::inconclusive) return " ?";
    return verdict == Verdict::agrees ? " =" : " !";
}

/// A row per group: each observable where it is worst.
std::string group_table(const std::vector<const InvarianceResult*>& groups) {
    TextTable table;
    table.column("group", Align::left);
    for (const InvarianceResult* group : groups) table.rows.push_back({group_name(*group)});
    for (const ObservableColumn& column : observable_columns) {
        if (column.kind == Observable::off_diagonal_ratio) continue;
        std::vector<std::string> texts;
        for (const InvarianceResult* group : groups) {
            const ObservableSpread* spread = find_spread(*group, column.kind);
            texts.push_back(spread ? deviation_text(spread->worst) + mark_of(spread->verdict) : missing);
        }
        add_column(table, column.name, Align::left, texts);
    }
    return table.heading.size() > 1 ? table.render() : "";
}

/// With `reach`, which is a multiple of B_eff, where there is room for it.
enum class ReachColumn { shown, left_out };

TextTable block_columns(const CellBlock& block, const std::vector<InvarianceRow>& rows, ReachColumn reach) {
    TextTable table = block.parameters;
    std::vector<std::string> batches;
    std::vector<std::string> reaches;
    for (const std::size_t member : block.members) {
        batches.push_back(short_number(rows[member].effective_batch));
        reaches.push_back(fmt::format("{:.2g}", rows[member].reach));
    }
    add_column(table, "B_eff", Align::right, batches);
    if (reach == ReachColumn::shown) add_column(table, "reach", Align::right, reaches);
    for (const ObservableColumn& column : observable_columns) {
        std::vector<std::string> texts;
        for (const std::size_t member : block.members)
            texts.push_back(observed_text(worst_of(rows[member].observed, column.kind)));
        add_column(table, column.name, Align::left, texts);
    }
    return table;
}

std::string block_table(const CellBlock& block, const std::vector<InvarianceRow>& rows) {
    const TextTable full = block_columns(block, rows, ReachColumn::shown);
    const bool fits = full.width() <= report_width;
    return "  " + block.heading + '\n' +
           (fits ? full.render() : block_columns(block, rows, ReachColumn::left_out).render());
}

std::string cell_tables(const RunResults& results) {
    std::vector<Cell> cells;
    for (const InvarianceRow& row : results.invariance_rows)
        cells.push_back(results.cells[static_cast<std::size_t>(row.cell)].cell);
    std::string text;
    for (const CellBlock& block : cell_blocks(cells)) text += block_table(block, results.invariance_rows);
    return text;
}

std::string explanation() {
    return wrapped(
        "  In the eigenbasis of H: signed deviation from that limit in %, \u00b1 half its simultaneous interval, and "
        "the exact law's. "
        "worst mode: a variance; off-diagonal: a covariance C_ij in units of the limit's \u221a(C_ii C_jj), and over "
        "the limit's own C_ij. B_eff = B(1-mu)/(1+mu), reach = eta0 h_max B_eff (langevin: times dt/eta). "
        "= within the tolerance, ! outside, ? undecided.",
        report_width, 2);
}

}  // namespace

std::string invariance_lines(const RunResults& results) {
    std::vector<const InvarianceResult*> groups;
    for (const InvarianceResult& group : results.invariance) groups.push_back(&group);
    for (const InvarianceResult& group : results.invariance_over_momenta) groups.push_back(&group);
    if (groups.empty()) return "";
    std::string text = "Invariance at fixed eta0: every cell against HC + CH = eta0 Sigma1\n";
    for (const InvarianceResult* group : groups) text += group_lines(*group, results.experiment.verdict.tolerance);
    if (results.invariance_rows.empty()) return text;
    return text + '\n' + explanation() + group_table(groups) + '\n' + cell_tables(results);
}

std::string reshuffle_lines(const RunResults& results) {
    std::vector<Cell> cells;
    std::vector<const ReshuffleTemperature*> temperatures;
    for (const CellResult& result : results.cells) {
        if (!result.reshuffle) continue;
        cells.push_back(result.cell);
        temperatures.push_back(&*result.reshuffle);
    }
    if (cells.empty()) return "";
    std::string text =
        "Reshuffling against independent batches: temperature as a fraction of the law's with replacement, same B\n";
    for (const CellBlock& block : cell_blocks(cells)) {
        TextTable table = block.parameters;
        std::vector<std::string> measured;
        std::vector<std::string> predicted;
        for (const std::size_t member : block.members) {
            const ReshuffleTemperature& temperature = *temperatures[member];
            measured.push_back(with_error(temperature.fraction, temperature.standard_error));
            predicted.push_back(short_number(temperature.predicted) + (temperature.exact ? " exact" : " approximate"));
        }
        add_column(table, "measured", Align::left, measured);
        add_column(table, "law", Align::left, predicted);
        text += "  " + block.heading + '\n' + table.render();
    }
    return text;
}

}  // namespace stationary
