#pragma once

#include "host/experiment/toml_value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stationary::fields {

/// How the reader of an experiment takes keys: `read_one(section, "ridge", model.ridge, number(non_negative))`.

constexpr std::int64_t power_of_two(int exponent) { return std::int64_t{1} << exponent; }

inline constexpr NumberRule positive{"a number > 0", [](double x) { return x > 0.0; }};
inline constexpr NumberRule non_negative{"a number >= 0", [](double x) { return x >= 0.0; }};
inline constexpr NumberRule below_one{"a number in [0, 1)", [](double x) { return x >= 0.0 && x < 1.0; }};
inline constexpr NumberRule between_zero_and_one{"a number in (0, 1)", [](double x) { return x > 0.0 && x < 1.0; }};
inline constexpr NumberRule any_number{"a finite number", [](double) { return true; }};

/// Leaves the default where the key is not given.
template <typename T, typename Read>
void read_one(const Section& section, const std::string& key, T& target, Read read) {
    if (const auto value = section.find(key)) target = read(*value);
}

/// The same for a list, or one value that stands for a list of one.
template <typename T, typename Read>
void read_axis(const Section& section, const std::string& key, std::vector<T>& target, Read read) {
    const auto value = section.find(key);
    if (!value) return;
    target.clear();
    for (const Value& element : value->one_or_more()) target.push_back(read(element));
}

inline auto number(const NumberRule& rule) {
    return [&rule](const Value& value) { return value.number(rule); };
}
inline auto integer(const IntegerRule& rule) {
    return [&rule](const Value& value) { return value.integer(rule); };
}
inline auto automatic_or(const IntegerRule& rule) {
    return [&rule](const Value& value) -> std::optional<std::int64_t> {
        if (value.is_text("auto")) return std::nullopt;
        return value.integer(rule);
    };
}
/// `later`: words of the interface that this version does not run.
template <typename Enum>
auto word(const std::vector<std::string>& later = {}) {
    return [later](const Value& value) { return value.word<Enum>(later); };
}
inline bool boolean(const Value& value) { return value.boolean(); }
inline Vector vector(const Value& value) { return value.vector(); }
/// "minimizer" is nothing; otherwise a list of numbers.
inline std::optional<Vector> point(const Value& value) {
    if (value.is_text("minimizer")) return std::nullopt;
    if (value.is_text()) value.fail_expected("\"minimizer\" or a list of numbers");
    return value.vector();
}

}  // namespace stationary::fields
