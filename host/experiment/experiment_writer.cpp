#include "host/experiment/experiment.h"

#include "host/algebra/fixed_eigenbasis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

namespace stationary {
namespace {

/// Shortest text that reads back as the same double, always recognisable as a float.
std::string toml_text(double value) {
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}
std::string toml_text(std::int64_t value) { return fmt::format("{}", value); }
std::string toml_text(bool value) { return value ? "true" : "false"; }

std::string toml_text(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (static_cast<unsigned char>(c) < 32 || c == 127) {
            text += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        } else {
            text += c;
        }
    }
    return text + "\"";
}

template <typename T>
std::string toml_list(const std::vector<T>& values) {
    std::vector<std::string> words;
    for (const T value : values) {
        if constexpr (std::is_enum_v<T>) {
            words.push_back(toml_text(std::string_view(to_string(value))));
        } else {
            words.push_back(toml_text(value));
        }
    }
    return fmt::format("[{}]", fmt::join(words, ", "));
}

std::string toml_list(const Vector& vector) {
    return toml_list(std::vector<double>(vector.data(), vector.data() + vector.size()));
}

std::string toml_list(const Matrix& matrix) {
    std::vector<std::string> rows;
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) rows.push_back(toml_list(Vector(matrix.row(i))));
    return fmt::format("[{}]", fmt::join(rows, ", "));
}

/// Diagonal matrices of more than 32 rows are written as their diagonal.
std::string square_matrix(const Matrix& matrix) {
    constexpr Eigen::Index most_rows_in_full = 32;
    if (matrix.rows() > most_rows_in_full && fixed_order::is_diagonal(matrix))
        return fmt::format("{{ diagonal = {} }}", toml_list(Vector(matrix.diagonal())));
    return toml_list(matrix);
}

std::string automatic_or(const std::optional<std::int64_t>& value) { return value ? toml_text(*value) : "\"auto\""; }

std::string line(std::string_view key, const std::string& value) { return fmt::format("{} = {}\n", key, value); }

std::string noise_line(const ModelSpec& model) {
    if (!model.gradient_residuals_file.empty()) {
        return line("gradient_residuals", toml_text(std::string_view(model.gradient_residuals_file)));
    }
    if (model.gradient_residuals.size() > 0) return line("gradient_residuals", toml_list(model.gradient_residuals));
    return line("gradient_noise_covariance", square_matrix(model.gradient_noise_covariance));
}

std::string minimizer_line(const ModelSpec& model) {
    return model.minimizer.size() > 0 ? line("minimizer", toml_list(model.minimizer)) : "";
}

std::string model_lines(const ModelSpec& model) {
    std::string text = line("kind", toml_text(std::string_view(to_string(model.kind))));
    if (model.kind == ModelKind::quadratic) {
        text += line("hessian", square_matrix(model.hessian));
        text += noise_line(model);
        return text + minimizer_line(model);
    }
    if (model.kind == ModelKind::gaussian_regression) {
        text += line("feature_covariance", square_matrix(model.feature_covariance));
        text += line("label_noise_variance", toml_text(model.label_noise_variance));
        return text + minimizer_line(model);
    }
    text += line("data", toml_text(std::string_view(model.data)));
    text += line("target", toml_text(std::string_view(model.target)));
    text += line("standardize", toml_text(model.standardize));
    return text + line("ridge", toml_text(model.ridge));
}

std::string sweep_lines(const SweepSpec& sweep) {
    std::string text = line("dynamics", toml_list(sweep.dynamics));
    if (!sweep.eta0.empty()) text += line("eta0", toml_list(sweep.eta0));
    if (!sweep.learning_rate.empty()) text += line("learning_rate", toml_list(sweep.learning_rate));
    text += line("batch_size", toml_list(sweep.batch_size));
    text += line("momentum", toml_list(sweep.momentum));
    text += line("update", toml_list(sweep.update));
    text += line("dampening", toml_list(sweep.dampening));
    text += line("sampling", toml_list(sweep.sampling));
    text += line("epoch_position", toml_list(sweep.epoch_position));
    return text + line("time_step", toml_list(sweep.time_step));
}

std::string point_or_minimizer(const std::optional<Vector>& point) {
    return point ? toml_list(*point) : "\"minimizer\"";
}

/// TOML's integers end at 2^63 - 1; a larger seed is written as a string.
std::string seed_text(std::uint64_t seed) {
    return seed >> 63 == 0 ? fmt::format("{}", seed) : fmt::format("\"{}\"", seed);
}

std::string ensemble_lines(const EnsembleSpec& ensemble) {
    std::string text = line("chains", toml_text(ensemble.chains));
    text += line("draws", toml_text(ensemble.draws));
    text += line("shards", automatic_or(ensemble.shards));
    text += line("burn_in", automatic_or(ensemble.burn_in));
    text += line("stride", automatic_or(ensemble.stride));
    text += line("initial", point_or_minimizer(ensemble.initial));
    return text + line("seed", seed_text(ensemble.seed));
}

std::string weighted_sum_lines(const WeightedSumSpec& spec) {
    std::string text;
    if (!spec.alpha.empty()) text += line("alpha", toml_list(spec.alpha));
    if (spec.profile) {
        text += line("profile", toml_text(std::string_view(to_string(*spec.profile))));
        text += line("length", toml_text(spec.length));
        if (spec.profile == WeightProfile::momentum) text += line("momentum", toml_text(spec.momentum));
    }
    text += line("draws", toml_text(spec.draws));
    return text + line("window", toml_list(spec.window));
}

}  // namespace

std::string to_toml(const Experiment& experiment) {
    std::string text = line("title", toml_text(std::string_view(experiment.title)));
    text += "\n[model]\n" + model_lines(experiment.model);
    text += "\n[sweep]\n" + sweep_lines(experiment.sweep);
    text += "\n[ensemble]\n" + ensemble_lines(experiment.ensemble);
    text += "\n[verdict]\n" + line("tolerance", toml_text(experiment.verdict.tolerance)) +
            line("family_error_rate", toml_text(experiment.verdict.family_error_rate));
    text += "\n[gradient_noise]\n" + line("at", point_or_minimizer(experiment.gradient_noise.at)) +
            line("draws", toml_text(experiment.gradient_noise.draws));
    text += "\n[weighted_sum]\n" + weighted_sum_lines(experiment.weighted_sum);
    text += "\n[run]\n" + line("precision", toml_text(std::string_view(to_string(experiment.run.precision)))) +
            line("normals", toml_text(std::string_view(to_string(experiment.run.normals)))) +
            line("allow_unstable", toml_text(experiment.run.allow_unstable));
    return text;
}

}  // namespace stationary
