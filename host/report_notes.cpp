#include "host/report_notes.h"

#include "host/cell_blocks.h"
#include "host/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace stationary {
namespace {

/// More comparisons than this are summed up in one line.
constexpr std::size_t most_undecided = 4;

std::string percent(double fraction) { return short_number(100.0 * fraction) + " %"; }

std::string group_name(const InvarianceResult& result) {
    const Invariance& group = result.invariance;
    std::string name = to_string(group.dynamics);
    if (group.dynamics == Dynamics::langevin) return name + fmt::format(" dt/eta={}", short_number(result.time_step));
    if (group.update != UpdateRule::heavy_ball) name += ' ' + to_string(group.update);
    name += fmt::format(" mu={}", short_number(group.momentum));
    if (result.dampening != 0.0 && group.update != UpdateRule::ema)
        name += fmt::format(" tau={}", short_number(result.dampening));
    if (group.sampling != Sampling::with_replacement) name += ' ' + to_string(group.sampling);
    return name;
}

std::string reach_of(const InvarianceResult& result, double tolerance) {
    const Invariance& group = result.invariance;
    if (group.holds_up_to_batch_size == 0)
        return fmt::format("not shown to be invariant within {} at any batch size", percent(tolerance));
    return fmt::format("invariant within {} up to B = {} (eta = {}, reach {})", percent(tolerance),
                       group.holds_up_to_batch_size, short_number(group.holds_up_to_learning_rate),
                       short_number(group.holds_up_to_reach));
}

std::string invariance_text(const InvarianceResult& result, double tolerance) {
    return fmt::format("  {} eta0={}: {};\n    largest deviation {} % at B = {}: {}\n", group_name(result),
                       short_number(result.invariance.eta0), reach_of(result, tolerance),
                       signed_percent(result.deviation, result.half_width), result.largest_batch_size,
                       to_string(result.invariance.verdict));
}

std::string tails_note(const CellResult& cell) {
    if (cell.stability.fourth_moment_limit <= cell.cell.learning_rate) {
        return fmt::format(
            "heavy tails: the fourth moment exists only below learning rate {}, so error bars mean nothing",
            short_number(cell.stability.fourth_moment_limit));
    }
    return fmt::format("heavy tails: excess kurtosis {} over the shards, so error bars mean nothing",
                       short_number(cell.measurement->shard_kurtosis));
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
                                         [](const Undecided& one) { return one.chains() < undecidable_chains; });
    std::string note = fmt::format("{} comparisons are inconclusive", undecided.size());
    const auto most = std::max_element(undecided.begin(), hopeless,
                                       [](const Undecided& a, const Undecided& b) { return a.chains() < b.chains(); });
    if (most != hopeless) {
        const std::string which = hopeless == undecided.end() ? "all" : std::to_string(hopeless - undecided.begin());
        note += fmt::format("; about {:.2g} chains per cell would decide {} of them",
                            static_cast<double>(most->chains()), which);
    }
    if (hopeless != undecided.end())
        note += fmt::format("; more chains would not decide {}", undecided.end() - hopeless);
    notes.push_back(note);
}

}  // namespace

std::string invariance_lines(const RunResults& results) {
    if (results.invariance.empty()) return "";
    std::string text = "Invariance at fixed eta0: every cell against HC + CH = eta0 Sigma1\n";
    for (const InvarianceResult& group : results.invariance) {
        text += invariance_text(group, results.experiment.verdict.tolerance);
    }
    return text;
}

std::string note_lines(const RunResults& results) {
    std::vector<std::string> notes;
    for (const CellResult& cell : results.cells) add_trouble(notes, cell);
    add_unbegun(notes, results.cells);
    add_undecided(notes, undecided_of(results.cells));
    if (notes.empty()) return "";
    std::string text = "Notes\n";
    for (const std::string& note : notes) text += wrapped("  " + note, report_width, 4);
    return text;
}

}  // namespace stationary
