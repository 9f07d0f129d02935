#include "host/report/report_notes.h"

#include "host/base/text.h"
#include "host/report/cell_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace stationary {
namespace {

/// More comparisons than this are summed up in one line.
constexpr std::size_t most_undecided = 4;

/// A fluctuation-dissipation ratio farther from 1 than this many standard errors is worth a note: with Student's t of
/// 63 degrees of freedom a stationary cell is with probability 5e-6.
constexpr double most_dissipation_errors = 5.0;

std::string tails_note(const CellResult& cell) {
    if (cell.stability.fourth_moment_limit <= cell.cell.learning_rate) {
        return fmt::format(
            "heavy tails: the fourth moment exists only below learning rate {}, so error bars mean nothing",
            short_number(cell.stability.fourth_moment_limit));
    }
    return fmt::format("heavy tails: excess kurtosis {} over the shards, so error bars mean nothing",
                       short_number(cell.measurement->shard_kurtosis));
}

/// Stationary or not, by the draws alone. Nothing to say where the error bars mean nothing.
void add_dissipation(std::vector<std::string>& notes, const CellResult& cell) {
    const auto& ratio = cell.measurement->fluctuation_dissipation_ratio;
    if (!ratio || cell.heavy_tailed || cell.unreliable) return;
    if (!(std::abs(ratio->value - 1.0) > most_dissipation_errors * ratio->standard_error)) return;
    notes.push_back(fmt::format("{}: not stationary? the fluctuation-dissipation ratio is {}, not 1",
                                describe(cell.cell), with_error(ratio->value, ratio->standard_error)));
}

void add_trouble(std::vector<std::string>& notes, const CellResult& cell) {
    const std::string name = describe(cell.cell);
    if (!cell.stability.stable) {
        notes.push_back(fmt::format("{}: no stationary covariance: the mean-square limit is learning rate {}", name,
                                    short_number(cell.stability.learning_rate_limit)));
    }
    if (cell.shards_done > 0 && cell.shards_done < cell.plan.shards) {
        notes.push_back(
            fmt::format("{}: interrupted with {} of {} shards done", name, cell.shards_done, cell.plan.shards));
    }
    if (!cell.measurement) return;
    const Measurement& measured = *cell.measurement;
    if (measured.diverged_chains > 0) {
        notes.push_back(fmt::format("{}: {} of {} chains diverged, the first seen at step {}", name,
                                    grouped(measured.diverged_chains), grouped(cell.chains),
                                    grouped(measured.first_bad_step)));
    }
    if (measured.saturated_draws > 0) {
        notes.push_back(fmt::format("{}: {} draws left the range of the fixed-point moments", name,
                                    grouped(measured.saturated_draws)));
    }
    if (cell.heavy_tailed) notes.push_back(name + ": " + tails_note(cell));
    add_dissipation(notes, cell);
}

void add_unbegun(std::vector<std::string>& notes, const std::vector<CellResult>& cells) {
    const auto unbegun =
        std::count_if(cells.begin(), cells.end(), [](const CellResult& cell) { return cell.shards_done == 0; });
    if (unbegun > 0)
        notes.push_back(fmt::format("interrupted before {} of {} cells were begun", unbegun, cells.size()));
}

struct Undecided {
    const CellResult* cell;
    const ComparedLaw* law;
    [[nodiscard]] std::int64_t chains() const { return law->comparison->chains_needed; }
};

/// Inconclusive comparisons of cells that more chains could help.
std::vector<Undecided> undecided_of(const std::vector<CellResult>& cells) {
    std::vector<Undecided> undecided;
    for (const CellResult& cell : cells) {
        if (cell.heavy_tailed || cell.unreliable) continue;
        for (const ComparedLaw& law : cell.laws) {
            if (law.comparison && law.comparison->verdict == Verdict::inconclusive) undecided.push_back({&cell, &law});
        }
    }
    return undecided;
}

/// What a user may be advised to run.
constexpr std::int64_t most_practical_chains = 1'000'000'000;

std::string remedy(std::int64_t chains) {
    return chains >= undecidable_chains
               ? "more chains would not decide it"
               : fmt::format("about {:.2g} chains would decide it", static_cast<double>(chains));
}

void add_undecided(std::vector<std::string>& notes, std::vector<Undecided> undecided) {
    if (undecided.size() <= most_undecided) {
        for (const Undecided& one : undecided) {
            notes.push_back(fmt::format("{} against {}: inconclusive; {}", describe(one.cell->cell),
                                        to_string(one.law->law.prediction.theory), remedy(one.chains())));
        }
        return;
    }
    const auto hopeless = std::partition(undecided.begin(), undecided.end(),
                                         [](const Undecided& one) { return one.chains() < most_practical_chains; });
    std::string note = fmt::format("{} comparisons are inconclusive", undecided.size());
    const auto most = std::max_element(undecided.begin(), hopeless,
                                       [](const Undecided& a, const Undecided& b) { return a.chains() < b.chains(); });
    if (most != hopeless) {
        const std::string which = hopeless == undecided.end() ? "all" : std::to_string(hopeless - undecided.begin());
        note += fmt::format("; about {:.2g} chains per cell would decide {} of them",
                            static_cast<double>(most->chains()), which);
    }
    if (hopeless != undecided.end()) note += fmt::format("; {} would take over 1e9 chains", undecided.end() - hopeless);
    notes.push_back(note);
}

/// Tables of so many entries are not printed: where each cell's entries deviate most from its last law, which is the
/// exact one where there is one.
void add_largest_deviations(std::vector<std::string>& notes, const std::vector<CellResult>& cells) {
    constexpr std::int64_t most_readable_dimension = 32;
    for (const CellResult& cell : cells) {
        if (cell.dimension <= most_readable_dimension || cell.laws.empty() || !cell.laws.back().comparison) continue;
        const EntryDeviation& entry = cell.laws.back().comparison->largest;
        if (entry.row < 0) continue;
        notes.push_back(fmt::format("{} against {}: the entry with the largest |t| is ({}, {}), at {} % of its scale",
                                    describe(cell.cell), to_string(cell.laws.back().law.prediction.theory), entry.row,
                                    entry.column, signed_percent(entry.value, entry.standard_error)));
    }
}

void add_not_computed(std::vector<std::string>& notes, const std::vector<CellResult>& cells) {
    const auto count =
        std::count_if(cells.begin(), cells.end(), [](const CellResult& cell) { return !cell.not_computed.empty(); });
    if (count == 0) return;
    notes.push_back(fmt::format("the exact law of {} cell{} is not computed (cost): N d^2 is above 5e8", count,
                                count == 1 ? "" : "s"));
}

}  // namespace

std::string note_lines(const RunResults& results) {
    std::vector<std::string> notes;
    for (const CellResult& cell : results.cells) add_trouble(notes, cell);
    add_unbegun(notes, results.cells);
    add_not_computed(notes, results.cells);
    add_largest_deviations(notes, results.cells);
    add_undecided(notes, undecided_of(results.cells));
    if (notes.empty()) return "";
    std::string text = "Notes\n";
    for (const std::string& note : notes) text += wrapped("  " + note, report_width, 4);
    return text;
}

}  // namespace stationary
