#include "host/experiment/experiment.h"
#include "host/experiment/experiment_fields.h"
#include "host/experiment/experiment_model.h"
#include "host/experiment/key_check.h"
#include "host/experiment/model_check.h"
#include "host/experiment/overrides.h"
#include "host/experiment/toml_value.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace stationary {
namespace {

using namespace fields;

constexpr IntegerRule batch_size_rule{"an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule position_rule{"an integer from 0 to 2^31", 0, power_of_two(31)};
constexpr IntegerRule chains_rule{"an integer from 2 to 2^40", 2, power_of_two(40)};
constexpr IntegerRule draws_rule{"an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule shards_rule{"\"auto\" or an integer from 64 to 2^31", 64, power_of_two(31)};
constexpr IntegerRule burn_in_rule{"\"auto\" or an integer from 0 to 2^48", 0, power_of_two(48)};
constexpr IntegerRule stride_rule{"\"auto\" or an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule seed_rule{"an integer from 0 to 2^63 - 1", 0, INT64_MAX};
/// One draw per chain, and at least one chain for each of the 64 shards that the error bars come from.
constexpr IntegerRule measured_draws_rule{"an integer from 64 to 2^40", 64, power_of_two(40)};
/// Weights and windows are stored step by step.
constexpr IntegerRule length_rule{"an integer from 1 to 2^20", 1, power_of_two(20)};

SweepSpec read_sweep(const Section& section) {
    SweepSpec sweep;
    read_axis(section, "dynamics", sweep.dynamics, word<Dynamics>({"underdamped"}));
    read_axis(section, "eta0", sweep.eta0, number(positive));
    read_axis(section, "learning_rate", sweep.learning_rate, number(positive));
    read_axis(section, "batch_size", sweep.batch_size, integer(batch_size_rule));
    read_axis(section, "momentum", sweep.momentum, number(below_one));
    read_axis(section, "update", sweep.update, word<UpdateRule>());
    read_axis(section, "dampening", sweep.dampening, number(below_one));
    read_axis(section, "sampling", sweep.sampling, word<Sampling>());
    read_axis(section, "epoch_position", sweep.epoch_position, integer(position_rule));
    read_axis(section, "time_step", sweep.time_step, number(positive));
    const auto learning_rate = section.find("learning_rate");
    if (learning_rate && section.find("eta0")) learning_rate->fail("give either eta0 or learning_rate, not both");
    if (sweep.eta0.empty() && sweep.learning_rate.empty()) {
        section.fail_missing("eta0", "a number > 0 or a list of them (or learning_rate)");
    }
    return sweep;
}

/// TOML's integers end at 2^63 - 1; the upper half of the seeds, which --seed takes, is written as a string.
std::uint64_t read_seed(const Value& value) {
    if (!value.is_text()) return static_cast<std::uint64_t>(value.integer(seed_rule));
    const std::string digits = value.text(seed_rule.expected);
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
        value.fail_expected(seed_rule.expected);
    }
    return seed;
}

EnsembleSpec read_ensemble(const Section& section) {
    EnsembleSpec ensemble;
    read_one(section, "chains", ensemble.chains, integer(chains_rule));
    read_one(section, "draws", ensemble.draws, integer(draws_rule));
    read_one(section, "shards", ensemble.shards, automatic_or(shards_rule));
    read_one(section, "burn_in", ensemble.burn_in, automatic_or(burn_in_rule));
    read_one(section, "stride", ensemble.stride, automatic_or(stride_rule));
    read_one(section, "initial", ensemble.initial, point);
    read_one(section, "seed", ensemble.seed, read_seed);
    return ensemble;
}

GradientNoiseSpec read_gradient_noise(const Section& section) {
    GradientNoiseSpec spec;
    read_one(section, "at", spec.at, point);
    read_one(section, "draws", spec.draws, integer(measured_draws_rule));
    return spec;
}

void refuse_keys_without_profile(const Section& section, const WeightedSumSpec& spec) {
    const auto length = section.find("length");
    if (length && !spec.profile) length->fail("applies to a profile only");
    const auto momentum = section.find("momentum");
    if (momentum && spec.profile != WeightProfile::momentum) momentum->fail("applies to profile = \"momentum\" only");
}

WeightedSumSpec read_weighted_sum(const Section& section) {
    WeightedSumSpec spec;
    read_axis(section, "alpha", spec.alpha, number(any_number));
    read_one(section, "profile", spec.profile, word<WeightProfile>());
    read_one(section, "length", spec.length, integer(length_rule));
    read_one(section, "momentum", spec.momentum, number(below_one));
    read_one(section, "draws", spec.draws, integer(measured_draws_rule));
    read_axis(section, "window", spec.window, integer(length_rule));
    refuse_keys_without_profile(section, spec);
    const auto alpha = section.find("alpha");
    if (!alpha) return spec;
    if (spec.profile) alpha->fail("give either alpha or profile, not both");
    if (std::all_of(spec.alpha.begin(), spec.alpha.end(), [](double weight) { return weight == 0.0; })) {
        alpha->fail("expected a weight that is not 0");
    }
    if (static_cast<std::int64_t>(spec.alpha.size()) > length_rule.greatest) alpha->fail("more than 2^20 weights");
    return spec;
}

Experiment read_experiment(const Document& document, const std::string& directory) {
    Experiment experiment;
    experiment.file = document.file;
    experiment.directory = directory;
    experiment.locations = check_keys(document);
    if (const auto* title = document.table.get("title")) {
        experiment.title = Value(document, "title", *title).text("a string");
    }
    experiment.model = read_model(document);
    experiment.sweep = read_sweep(Section(document, "sweep"));
    experiment.ensemble = read_ensemble(Section(document, "ensemble"));
    const Section verdict(document, "verdict");
    read_one(verdict, "tolerance", experiment.verdict.tolerance, number(between_zero_and_one));
    read_one(verdict, "family_error_rate", experiment.verdict.family_error_rate, number(between_zero_and_one));
    experiment.gradient_noise = read_gradient_noise(Section(document, "gradient_noise"));
    experiment.weighted_sum = read_weighted_sum(Section(document, "weighted_sum"));
    const Section run(document, "run");
    read_one(run, "precision", experiment.run.precision, word<Precision>());
    read_one(run, "normals", experiment.run.normals, word<Normals>());
    read_one(run, "allow_unstable", experiment.run.allow_unstable, boolean);
    check_model(experiment);
    return experiment;
}

}  // namespace

Experiment parse_experiment(const std::string& text, const std::string& file, const std::string& directory,
                            const Overrides& overrides) {
    Document document{file, parse_toml(text, file), {}};
    apply_overrides(overrides, document);
    return read_experiment(document, directory);
}

}  // namespace stationary
