#include "host/experiment/toml_value.h"

#include "host/base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

/// How a message shows a value: scalars as written, the rest by kind.
std::string show(const toml::node& node) {
    constexpr std::size_t longest = 60;
    if (const auto text = node.value_exact<std::string>()) {
        return text->size() <= longest ? fmt::format("\"{}\"", *text) : "a long string";
    }
    if (const auto integer = node.value_exact<std::int64_t>()) return fmt::format("{}", *integer);
    if (const auto number = node.value_exact<double>()) return fmt::format("{:#}", *number);
    if (const auto boolean = node.value_exact<bool>()) return *boolean ? "true" : "false";
    if (const auto* list = node.as_array()) return list->empty() ? "an empty list" : "a list";
    return node.is_table() ? "a table" : "a date or time";
}

std::string at_line(const std::string& file, toml::source_index line) {
    return fmt::format("{}:{}", file, std::max<toml::source_index>(line, 1));
}

constexpr NumberRule finite{"a finite number", [](double) { return true; }};

}  // namespace

void throw_input_error(const std::string& message) {
    std::string line = message;
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, ' ');
    throw InputError(line);
}

std::string Document::location(const std::string& key, const toml::node& node) const {
    const std::string table_name = key.substr(0, key.find('.'));
    for (const auto& name : {key, table_name}) {
        if (const auto found = overridden.find(name); found != overridden.end()) return found->second;
    }
    return at_line(file, node.source().begin.line);
}

void Value::fail(const std::string& problem) const {
    throw_input_error(fmt::format("{}: {}: {}", document_->location(key_, *node_), key_, problem));
}

void Value::fail_expected(const std::string& expected) const {
    fail(fmt::format("expected {}, got {}", expected, show(*node_)));
}

double Value::number(const NumberRule& rule) const {
    if (!node_->is_number()) fail_expected(rule.expected);
    const double number = node_->value_or(0.0);
    if (!std::isfinite(number) || !rule.holds(number)) fail_expected(rule.expected);
    return number;
}

std::int64_t Value::integer(const IntegerRule& rule) const {
    const auto integer = node_->value_exact<std::int64_t>();
    if (!integer || *integer < rule.least || *integer > rule.greatest) fail_expected(rule.expected);
    return *integer;
}

bool Value::boolean() const {
    const auto boolean = node_->value_exact<bool>();
    if (!boolean) fail_expected("true or false");
    return *boolean;
}

std::string Value::text(const std::string& expected) const {
    const auto text = node_->value_exact<std::string>();
    if (!text) fail_expected(expected);
    return *text;
}

void Value::fail_word(const std::vector<std::string>& known, const std::vector<std::string>& later) const {
    const std::string written = node_->value_exact<std::string>().value_or("");
    if (std::find(later.begin(), later.end(), written) != later.end()) {
        fail(fmt::format("\"{}\" is not supported by this version (supported: {})", written, fmt::join(known, ", ")));
    }
    const std::string expected = fmt::format("one of {}", fmt::join(known, ", "));
    const std::string hint = suggest(written, known);
    const bool near = hint.find("did you mean") != std::string::npos;
    fail(fmt::format("expected {}, got {}{}", expected, show(*node_), near ? hint : ""));
}

std::vector<Value> Value::elements(const std::string& expected) const {
    const auto* list = node_->as_array();
    if (list == nullptr || list->empty()) fail_expected(expected);
    std::vector<Value> values;
    for (const auto& element : *list) values.emplace_back(*document_, key_, element);
    return values;
}

std::vector<Value> Value::one_or_more() const {
    if (!node_->is_array()) return {*this};
    return elements("a value or a list of them");
}

Vector Value::vector() const {
    const auto entries = elements("a list of numbers");
    Vector vector(static_cast<Eigen::Index>(entries.size()));
    for (Eigen::Index i = 0; i < vector.size(); ++i) vector(i) = entries[static_cast<std::size_t>(i)].number(finite);
    return vector;
}

Matrix Value::matrix() const {
    const auto rows = elements("a list of rows such as [[2.0, 0.3], [0.3, 1.0]]");
    Matrix matrix;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].is_list()) rows[i].fail_expected("a row of numbers");
        const Vector row = rows[i].vector();
        if (i == 0) matrix.resize(static_cast<Eigen::Index>(rows.size()), row.size());
        if (row.size() != matrix.cols()) {
            rows[i].fail(fmt::format("expected rows of equal length, but row {} has {} entries and row 1 has {}", i + 1,
                                     row.size(), matrix.cols()));
        }
        matrix.row(static_cast<Eigen::Index>(i)) = row.transpose();
    }
    return matrix;
}

Matrix Value::diagonal_matrix() const {
    const auto& table = *node_->as_table();
    const auto* diagonal = table.get("diagonal");
    if (diagonal == nullptr || table.size() != 1) fail("expected { diagonal = [2.0, 1.0] }, and nothing else in it");
    return Value(*document_, key_ + ".diagonal", *diagonal).vector().asDiagonal();
}

Matrix Value::square_matrix() const {
    if (node_->is_table()) return diagonal_matrix();
    const auto rows = elements("a square matrix such as [[2.0, 0.3], [0.3, 1.0]]");
    const auto d = static_cast<Eigen::Index>(rows.size());
    Matrix matrix(d, d);
    for (Eigen::Index i = 0; i < d; ++i) {
        const Value& row_value = rows[static_cast<std::size_t>(i)];
        if (!row_value.node_->is_array()) row_value.fail_expected("a row of numbers");
        const Vector row = row_value.vector();
        if (row.size() != d) {
            row_value.fail(
                fmt::format("expected a square matrix, but row {} of {} has {} entries", i + 1, d, row.size()));
        }
        for (Eigen::Index j = 0; j < d; ++j) matrix(i, j) = row(j);
    }
    return matrix;
}

std::optional<Value> Section::find(const std::string& key) const {
    const auto* node = document_->table.at_path(name_ + "." + key).node();
    if (node == nullptr) return std::nullopt;
    return Value(*document_, name_ + "." + key, *node);
}

Value Section::require(const std::string& key, const std::string& expected) const {
    if (auto value = find(key)) return *value;
    fail_missing(key, expected);
}

void Section::fail_missing(const std::string& key, const std::string& expected) const {
    const auto* table = document_->table.get(name_);
    const std::string place =
        table == nullptr ? at_line(document_->file, 1) : document_->location(name_ + "." + key, *table);
    throw_input_error(fmt::format("{}: {}.{}: missing, expected {}", place, name_, key, expected));
}

}  // namespace stationary
