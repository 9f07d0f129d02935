#include "host/experiment.h"
#include "host/key_check.h"
#include "host/model_check.h"
#include "host/overrides.h"
#include "host/toml_value.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace stationary {
namespace {

constexpr std::int64_t power_of_two(int exponent) { return std::int64_t{1} << exponent; }

constexpr NumberRule positive{"a number > 0", [](double x) { return x > 0.0; }};
constexpr NumberRule non_negative{"a number >= 0", [](double x) { return x >= 0.0; }};
constexpr NumberRule below_one{"a number in [0, 1)", [](double x) { return x >= 0.0 && x < 1.0; }};
constexpr NumberRule between_zero_and_one{"a number in (0, 1)", [](double x) { return x > 0.0 && x < 1.0; }};

constexpr IntegerRule batch_size_rule{"an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule position_rule{"an integer from 0 to 2^31", 0, power_of_two(31)};
constexpr IntegerRule chains_rule{"an integer from 2 to 2^40", 2, power_of_two(40)};
constexpr IntegerRule draws_rule{"an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule shards_rule{"\"auto\" or an integer from 64 to 2^31", 64, power_of_two(31)};
constexpr IntegerRule burn_in_rule{"\"auto\" or an integer from 0 to 2^48", 0, power_of_two(48)};
constexpr IntegerRule stride_rule{"\"auto\" or an integer from 1 to 2^31", 1, power_of_two(31)};
constexpr IntegerRule seed_rule{"an integer from 0 to 2^63 - 1", 0, INT64_MAX};

template <typename T, typename Read>
void read_one(const Section& section, const std::string& key, T& target, Read read) {
    if (const auto value = section.find(key)) target = read(*value);
}

template <typename T, typename Read>
void read_axis(const Section& section, const std::string& key, std::vector<T>& target, Read read) {
    const auto value = section.find(key);
    if (!value) return;
    target.clear();
    for (const Value& element : value->one_or_more()) target.push_back(read(element));
}

auto number(const NumberRule& rule) {
    return [&rule](const Value& value) { return value.number(rule); };
}
auto integer(const IntegerRule& rule) {
    return [&rule](const Value& value) { return value.integer(rule); };
}
auto automatic_or(const IntegerRule& rule) {
    return [&rule](const Value& value) -> std::optional<std::int64_t> {
        if (value.is_text("auto")) return std::nullopt;
        return value.integer(rule);
    };
}
template <typename Enum>
auto word(const std::vector<std::string>& later = {}) {
    return [later](const Value& value) { return value.word<Enum>(later); };
}
bool boolean(const Value& value) { return value.boolean(); }

ModelSpec read_quadratic(const Section& section) {
    ModelSpec model;
    model.kind = ModelKind::quadratic;
    if (const auto residuals = section.find("gradient_residuals")) {
        residuals->fail("is not supported by this version (supported: gradient_noise_covariance)");
    }
    model.hessian = section.require("hessian", "a square matrix").square_matrix();
    model.gradient_noise_covariance = section.require("gradient_noise_covariance", "a square matrix").square_matrix();
    model.minimizer = Vector::Zero(model.hessian.rows());
    read_one(section, "minimizer", model.minimizer, [](const Value& value) { return value.vector(); });
    return model;
}

bool ends_with_ignoring_case(const std::string& text, const std::string& ending) {
    return text.size() >= ending.size() &&
           std::equal(ending.rbegin(), ending.rend(), text.rbegin(),
                      [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

std::string read_target(const Value& value, bool is_npy) {
    if (!is_npy) {
        std::string name = value.text("a column name");
        if (name.empty()) value.fail_expected("a column name");
        return name;
    }
    constexpr IntegerRule column{"a column index >= 0, as the data file is .npy", 0, power_of_two(31)};
    if (!value.is_text()) return std::to_string(value.integer(column));
    const std::string digits = value.text(column.expected);
    const bool is_index = !digits.empty() && digits.size() <= 10 &&
                          std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_index) value.fail_expected(column.expected);
    return digits;
}

ModelSpec read_least_squares(const Section& section) {
    ModelSpec model;
    model.kind = ModelKind::least_squares;
    const std::string path = "the path of a .csv or .npy file";
    const Value data = section.require("data", path);
    model.data = data.text(path);
    const bool is_npy = ends_with_ignoring_case(model.data, ".npy");
    if (!is_npy && !ends_with_ignoring_case(model.data, ".csv")) data.fail_expected(path);
    model.target = read_target(section.require("target", "the column to predict"), is_npy);
    read_one(section, "standardize", model.standardize, boolean);
    read_one(section, "ridge", model.ridge, number(non_negative));
    return model;
}

ModelSpec read_model(const Document& document) {
    const Section section(document, "model");
    const auto kind = section.require("kind", "one of quadratic, least_squares")
                          .word<ModelKind>({"logistic", "potential", "gaussian_regression"});
    check_keys_of_kind(document, kind);
    return kind == ModelKind::quadratic ? read_quadratic(section) : read_least_squares(section);
}

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

EnsembleSpec read_ensemble(const Section& section) {
    EnsembleSpec ensemble;
    read_one(section, "chains", ensemble.chains, integer(chains_rule));
    read_one(section, "draws", ensemble.draws, integer(draws_rule));
    read_one(section, "shards", ensemble.shards, automatic_or(shards_rule));
    read_one(section, "burn_in", ensemble.burn_in, automatic_or(burn_in_rule));
    read_one(section, "stride", ensemble.stride, automatic_or(stride_rule));
    read_one(section, "initial", ensemble.initial, [](const Value& value) -> std::optional<Vector> {
        if (value.is_text("minimizer")) return std::nullopt;
        if (value.is_text()) value.fail_expected("\"minimizer\" or a list of numbers");
        return value.vector();
    });
    read_one(section, "seed", ensemble.seed,
             [](const Value& value) { return static_cast<std::uint64_t>(value.integer(seed_rule)); });
    return ensemble;
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
    const Section run(document, "run");
    read_one(run, "precision", experiment.run.precision, word<Precision>());
    read_one(run, "normals", experiment.run.normals, word<Normals>());
    read_one(run, "allow_unstable", experiment.run.allow_unstable, boolean);
    check_quadratic(experiment);
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
