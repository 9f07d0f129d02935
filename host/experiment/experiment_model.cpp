#include "host/experiment/experiment_model.h"

#include "host/experiment/experiment_fields.h"
#include "host/experiment/key_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace stationary {
namespace {

using namespace fields;

bool ends_with_ignoring_case(const std::string& text, const std::string& ending) {
    return text.size() >= ending.size() &&
           std::equal(ending.rbegin(), ending.rend(), text.rbegin(),
                      [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

bool is_npy(const std::string& path) { return ends_with_ignoring_case(path, ".npy"); }
bool is_data_file(const std::string& path) { return is_npy(path) || ends_with_ignoring_case(path, ".csv"); }

void read_residuals(const Value& value, ModelSpec& model) {
    if (value.is_list()) {
        model.gradient_residuals = value.matrix();
        return;
    }
    const std::string expected = "the path of a .csv or .npy file, or a list of rows";
    model.gradient_residuals_file = value.text(expected);
    if (!is_data_file(model.gradient_residuals_file)) value.fail_expected(expected);
}

void read_quadratic(const Section& section, ModelSpec& model) {
    model.hessian = section.require("hessian", "a square matrix").square_matrix();
    const auto residuals = section.find("gradient_residuals");
    const auto covariance = section.find("gradient_noise_covariance");
    if (residuals && covariance) {
        residuals->fail("give either gradient_noise_covariance or gradient_residuals, not both");
    }
    if (residuals) {
        read_residuals(*residuals, model);
    } else {
        model.gradient_noise_covariance =
            section.require("gradient_noise_covariance", "a square matrix (or gradient_residuals)").square_matrix();
    }
    model.minimizer = Vector::Zero(model.hessian.rows());
    read_one(section, "minimizer", model.minimizer, vector);
}

void read_gaussian_regression(const Section& section, ModelSpec& model) {
    model.feature_covariance = section.require("feature_covariance", "a square matrix").square_matrix();
    read_one(section, "label_noise_variance", model.label_noise_variance, number(non_negative));
    model.minimizer = Vector::Zero(model.feature_covariance.rows());
    read_one(section, "minimizer", model.minimizer, vector);
}

std::string read_target(const Value& value, bool by_index) {
    if (!by_index) {
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

void read_least_squares(const Section& section, ModelSpec& model) {
    const std::string path = "the path of a .csv or .npy file";
    const Value data = section.require("data", path);
    model.data = data.text(path);
    if (!is_data_file(model.data)) data.fail_expected(path);
    model.target = read_target(section.require("target", "the column to predict"), is_npy(model.data));
    read_one(section, "standardize", model.standardize, boolean);
    read_one(section, "ridge", model.ridge, number(non_negative));
}

}  // namespace

ModelSpec read_model(const Document& document) {
    const Section section(document, "model");
    ModelSpec model;
    model.kind = section.require("kind", fmt::format("one of {}", fmt::join(known_names<ModelKind>(), ", ")))
                     .word<ModelKind>({"logistic", "potential"});
    check_keys_of_kind(document, model.kind);
    switch (model.kind) {
        case ModelKind::quadratic:
            read_quadratic(section, model);
            break;
        case ModelKind::least_squares:
            read_least_squares(section, model);
            break;
        case ModelKind::gaussian_regression:
            read_gaussian_regression(section, model);
            break;
    }
    return model;
}

}  // namespace stationary
