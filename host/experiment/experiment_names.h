#pragma once

#include "host/experiment/experiment.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stationary {

/// One word of an experiment file and what it stands for.
template <typename Enum>
struct Name {
    Enum value;
    std::string_view name;
};

/// Spelling of every value of an enum, in the order in which messages list them.
template <typename Enum>
inline constexpr std::span<const Name<Enum>> names;

inline constexpr Name<ModelKind> model_kind_names[] = {{ModelKind::quadratic, "quadratic"},
                                                       {ModelKind::least_squares, "least_squares"},
                                                       {ModelKind::gaussian_regression, "gaussian_regression"}};
inline constexpr Name<Dynamics> dynamics_names[] = {{Dynamics::langevin, "langevin"}, {Dynamics::sgd, "sgd"}};
inline constexpr Name<UpdateRule> update_rule_names[] = {
    {UpdateRule::heavy_ball, "heavy_ball"}, {UpdateRule::nesterov, "nesterov"}, {UpdateRule::ema, "ema"}};
inline constexpr Name<Sampling> sampling_names[] = {{Sampling::with_replacement, "with_replacement"},
                                                    {Sampling::without_replacement, "without_replacement"},
                                                    {Sampling::reshuffle, "reshuffle"}};
inline constexpr Name<WeightProfile> weight_profile_names[] = {
    {WeightProfile::uniform, "uniform"}, {WeightProfile::momentum, "momentum"}, {WeightProfile::random, "random"}};
inline constexpr Name<Precision> precision_names[] = {{Precision::single_precision, "float"},
                                                      {Precision::double_precision, "double"}};
inline constexpr Name<Normals> normals_names[] = {{Normals::reproducible, "reproducible"}, {Normals::fast, "fast"}};

template <>
inline constexpr std::span<const Name<ModelKind>> names<ModelKind>{model_kind_names};
template <>
inline constexpr std::span<const Name<Dynamics>> names<Dynamics>{dynamics_names};
template <>
inline constexpr std::span<const Name<UpdateRule>> names<UpdateRule>{update_rule_names};
template <>
inline constexpr std::span<const Name<Sampling>> names<Sampling>{sampling_names};
template <>
inline constexpr std::span<const Name<WeightProfile>> names<WeightProfile>{weight_profile_names};
template <>
inline constexpr std::span<const Name<Precision>> names<Precision>{precision_names};
template <>
inline constexpr std::span<const Name<Normals>> names<Normals>{normals_names};

/// The known words of an enum, for suggestions.
template <typename Enum>
std::vector<std::string> known_names() {
    std::vector<std::string> words;
    for (const auto& entry : names<Enum>) words.emplace_back(entry.name);
    return words;
}

/// The tables of an experiment file and the keys of each; "" holds the keys outside any table.
struct KnownTable {
    std::string name;
    std::vector<std::string> keys;
};
const std::vector<KnownTable>& known_tables();

}  // namespace stationary
