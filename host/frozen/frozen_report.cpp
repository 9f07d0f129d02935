#include "host/frozen/frozen_report.h"

#include "host/base/hash.h"
#include "host/base/text.h"
#include "host/report/cell_blocks.h"
#include "host/report/report_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace stationary {
namespace {

const char* const missing = "-";

std::string percent(double fraction) { return short_number(100.0 * fraction) + " %"; }

std::string heading(const NoiseContext& context) {
    return model_lines(context.experiment, context.model) + "  backend   " +
           backend_line(context.backend, context.experiment.run) + '\n';
}

std::string closing_lines(const NoiseContext& context, std::int64_t draws) {
    const Family& family = context.family;
    return fmt::format(
        "  draws     {} each, seed {}\n  verdict   tolerance {}, family error rate {} over {} intervals\n"
        "  status    {}, {}\n\n",
        grouped(draws), context.experiment.ensemble.seed, percent(family.tolerance), short_number(family.error_rate),
        grouped(family.intervals), to_string(context.status), duration_text(context.seconds));
}

std::string factor_text(const NoiseMeasurement& measured, double unit = 1.0) {
    if (!measured.estimate) return missing;
    return with_error(measured.factor.value / unit, measured.factor.standard_error / unit);
}

std::string error_text(const NoiseClaim& claim) {
    if (!claim.comparison) return missing;
    return signed_percent(claim.comparison->signed_relative_error, claim.half_width);
}

std::string verdict_text(const NoiseClaim& claim) {
    if (!claim.comparison) return missing;
    return to_string(claim.comparison->verdict) + (claim.comparison->significant ? "*" : "");
}

std::string fingerprint_text(const NoiseMeasurement& measured) {
    return measured.estimate ? hex(measured.estimate->fingerprint) : missing;
}

std::string remedy(const NoiseClaim& claim) {
    const std::int64_t draws = claim.comparison->chains_needed;
    return draws >= undecidable_chains ? "more draws would not decide it"
                                       : fmt::format("about {:.2g} draws would decide it", static_cast<double>(draws));
}

std::string note(const std::string& name, const NoiseMeasurement& measured, const NoiseClaim& claim) {
    if (!claim.comparison) return wrapped("  " + name + ": interrupted before a shard was done", report_width, 4);
    const Estimate& estimate = *measured.estimate;
    std::string text;
    if (measured.shards_done < measured.shards)
        text += fmt::format("; interrupted with {} of {} shards done", measured.shards_done, measured.shards);
    if (measured.unreliable)
        text += fmt::format("; no verdict: {} draws not finite, {} out of range, excess kurtosis {} over the shards",
                            estimate.diverged_chains, estimate.saturated_draws, short_number(estimate.shard_kurtosis));
    if (claim.comparison->verdict == Verdict::inconclusive && !measured.unreliable)
        text += "; inconclusive: " + remedy(claim);
    return text.empty() ? "" : wrapped("  " + name + ": " + text.substr(2), report_width, 4);
}

std::string with_notes(const std::string& notes) { return notes.empty() ? "" : "Notes\n" + notes + '\n'; }

std::string how_to_read(const NoiseContext& context, const std::string& columns) {
    return wrapped(
        fmt::format(
            "How to read it: {} error: signed relative error of the measured covariance as a whole in %, ± half "
            "its simultaneous interval. The verdict tests every entry besides. agrees: all intervals within "
            "±{}, differs: one wholly outside, inconclusive: neither; * a difference can be told at all. "
            "Equal fingerprints mean bit-identical moments.",
            columns, percent(context.family.tolerance)),
        report_width, 0);
}

std::string place_text(const GradientNoiseResults& results) {
    if (!results.context.experiment.gradient_noise.at) return "the minimizer";
    std::vector<std::string> numbers;
    for (const double value : results.at) numbers.push_back(short_number(value));
    return fmt::format("({})", fmt::join(numbers, ", "));
}

TextTable noise_rows(const GradientNoiseResults& results) {
    TextTable table;
    for (const char* name : {"sampling"}) table.column(name, Align::left);
    for (const char* name : {"B", "Sigma^B/Sigma^1", "predicted", "error %"}) table.column(name, Align::right);
    for (const char* name : {"verdict", "fingerprint"}) table.column(name, Align::left);
    for (const GradientNoiseRow& row : results.rows) {
        table.rows.push_back({to_string(row.sampling), grouped(row.batch_size), factor_text(row.measured),
                              short_number(row.prediction.factor), error_text(row.prediction),
                              verdict_text(row.prediction), fingerprint_text(row.measured)});
    }
    return table;
}

std::string noise_notes(const GradientNoiseResults& results) {
    std::string notes;
    for (const GradientNoiseRow& row : results.rows) {
        notes += note(fmt::format("{} B={}", to_string(row.sampling), row.batch_size), row.measured, row.prediction);
    }
    return notes;
}

TextTable claim_rows(const WeightedSumResults& results) {
    TextTable table;
    table.column("claim", Align::left);
    for (const char* name : {"factor", "measured", "error %"}) table.column(name, Align::right);
    table.column("verdict", Align::left);
    const auto add = [&](const std::string& name, const NoiseClaim& claim) {
        table.rows.push_back(
            {name, short_number(claim.factor), factor_text(results.measured), error_text(claim), verdict_text(claim)});
    };
    add("sum_alpha_squared", results.squared);
    add("sum_alpha_as_printed", results.as_printed);
    return table;
}

TextTable window_rows(const WeightedSumResults& results) {
    TextTable table;
    for (const char* name : {"T", "part of the limit", "exact", "error %"}) table.column(name, Align::right);
    for (const char* name : {"verdict", "against the limit", "fingerprint"}) table.column(name, Align::left);
    for (const WindowRow& row : results.windows) {
        const double limit = row.total_influence_limit.factor;
        table.rows.push_back({grouped(row.steps), factor_text(row.measured, limit),
                              short_number(row.exact.factor / limit), error_text(row.exact), verdict_text(row.exact),
                              verdict_text(row.total_influence_limit), fingerprint_text(row.measured)});
    }
    return table;
}

std::string windows_text(const WeightedSumResults& results) {
    if (!results.window_cell) return "No momentum windows: the sweep has no sgd cell of independent batches.\n\n";
    const Cell& cell = *results.window_cell;
    return fmt::format(
               "Momentum windows: covariance of the displacement over T steps of {}{}, gradients at the minimizer\n",
               describe(cell), cell.momentum == 0.0 ? " (no cell has momentum)" : "") +
           window_rows(results).render() + '\n';
}

std::string sum_notes(const WeightedSumResults& results) {
    std::string notes = note("sum_alpha_squared", results.measured, results.squared);
    if (results.measured.shards_done > 0) notes += note("sum_alpha_as_printed", results.measured, results.as_printed);
    for (const WindowRow& row : results.windows) {
        notes += note(fmt::format("window T={}", row.steps), row.measured, row.exact);
    }
    return notes;
}

std::string printed_words(const WeightedSumResults& results) {
    const Comparison& printed = *results.as_printed.comparison;
    const std::string claim = fmt::format("(sum alpha) Sigma_g as printed, factor {}", short_number(results.sum_alpha));
    if (printed.verdict == Verdict::inconclusive) return claim + ", is undecided.";
    if (printed.verdict == Verdict::agrees)
        return claim + ", agrees too: for these weights sum alpha and sum alpha^2 are the same within the tolerance.";
    if (!(results.sum_alpha > 0.0)) return claim + ", differs: it is no covariance of this sum.";
    return fmt::format("{}, differs: the measured covariance is {} % off it.", claim, error_text(results.as_printed));
}

}  // namespace

std::string gradient_noise_table(const GradientNoiseResults& results) {
    const NoiseContext& context = results.context;
    std::string text = heading(context) + "  at        " + place_text(results) + '\n';
    text += closing_lines(context, context.experiment.gradient_noise.draws);
    text += "Covariance of a minibatch gradient\n" + noise_rows(results).render() + '\n';
    return text + with_notes(noise_notes(results)) +
           how_to_read(context,
                       "Sigma^B/Sigma^1 = tr(W C)/rank, W the pseudo-inverse of one training point's gradient noise at "
                       "this place, its standard error in the last digits; predicted: 1/B, or (N-B)/(B(N-1)) without "
                       "replacement (for reshuffle the first batch of an epoch).");
}

std::string weighted_sum_conclusion(const WeightedSumResults& results) {
    if (!results.squared.comparison) return "Nothing was measured.\n";
    const std::string verdict = to_string(results.squared.comparison->verdict);
    const std::string words = results.squared.comparison->verdict == Verdict::inconclusive ? "is undecided" : verdict;
    return wrapped(fmt::format("In words: Cov(sum alpha_i g_i) = (sum alpha_i^2) Sigma_g, factor {}, {} (measured {}). "
                               "{}",
                               short_number(results.sum_alpha_squared), words, factor_text(results.measured),
                               printed_words(results)),
                   report_width, 0);
}

std::string weighted_sum_table(const WeightedSumResults& results) {
    const NoiseContext& context = results.context;
    std::string text = heading(context);
    text += fmt::format("  weights   {} of them, sum {}, sum of squares {}\n", grouped(std::ssize(results.alpha)),
                        short_number(results.sum_alpha), short_number(results.sum_alpha_squared));
    text += closing_lines(context, context.experiment.weighted_sum.draws);
    text += "Covariance of the weighted sum of independent training points' gradients, in units of Sigma_g\n";
    text += claim_rows(results).render() + "  fingerprint " + fingerprint_text(results.measured) + "\n\n";
    text += windows_text(results) + with_notes(sum_notes(results));
    text += how_to_read(context,
                        "part of the limit: the measured covariance in units of T B (sum alpha_k)^2 Sigma_g, the total "
                        "influence of each training point, which displacements grow like; exact: the law at this T.");
    return text + weighted_sum_conclusion(results);
}

}  // namespace stationary
