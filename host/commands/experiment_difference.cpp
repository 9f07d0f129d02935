#include "host/commands/experiment_difference.h"

#include "host/report/json_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

namespace stationary {
namespace {

/// "section.key" → value, as text.
std::map<std::string, std::string> flattened(const Experiment& experiment) {
    std::map<std::string, std::string> values;
    const Json json = to_json(experiment);
    for (const auto& [section, keys] : json.items()) {
        if (!keys.is_object()) {
            values[section] = keys.dump();
            continue;
        }
        for (const auto& [key, value] : keys.items()) values[section + '.' + key] = value.dump();
    }
    return values;
}

/// Keys that change nothing that a chain does, or that are compared in another way.
bool may_differ(std::string_view key) {
    return key == "title" || key == "verdict.family_error_rate" || key == "ensemble.chains" ||
           key == "ensemble.shards" || key == "model.data" || key == "model.gradient_residuals" ||
           key.starts_with("sweep.") || key.starts_with("gradient_noise.") || key.starts_with("weighted_sum.");
}

std::string shown(const std::string& value) {
    constexpr std::size_t longest = 60;
    return value.size() <= longest ? value : value.substr(0, longest - 3) + "...";
}

using Values = std::map<std::string, std::string>;

/// One line for every key of either that `counts` and that differs.
template <typename Counts>
std::vector<std::string> differing(const Values& there, const Values& here, const Counts& counts) {
    Values all = there;
    all.insert(here.begin(), here.end());
    std::vector<std::string> lines;
    for (const auto& [key, ignored] : all) {
        if (!counts(key)) continue;
        const auto a = there.find(key);
        const auto b = here.find(key);
        const std::string before = a == there.end() ? "nothing" : a->second;
        const std::string now = b == here.end() ? "nothing" : b->second;
        if (before != now) lines.push_back(fmt::format("{}: {} there, {} here", key, shown(before), shown(now)));
    }
    return lines;
}

std::int64_t missing_cells(const KeptPlans& kept, const std::vector<Cell>& cells) {
    std::unordered_set<std::uint64_t> keys;
    for (const Cell& cell : cells) keys.insert(cell.key);
    return std::count_if(kept.begin(), kept.end(), [&keys](const auto& plan) { return !keys.contains(plan.first); });
}

}  // namespace

std::vector<std::string> differences(const Experiment& there, const Experiment& here, const KeptPlans& kept,
                                     const std::vector<Cell>& cells) {
    const Values before = flattened(there);
    const Values now = flattened(here);
    std::vector<std::string> lines = differing(before, now, [](const auto& key) { return !may_differ(key); });
    if (here.ensemble.chains < there.ensemble.chains)
        lines.push_back(fmt::format("ensemble.chains: {} there, {} here (there may only be more)",
                                    there.ensemble.chains, here.ensemble.chains));
    if (!lines.empty()) return lines;
    const std::int64_t missing = missing_cells(kept, cells);
    if (missing == 0) return lines;
    lines = differing(before, now, [](const auto& key) { return key.starts_with("sweep."); });
    if (lines.empty()) return {"model: the contents of the data differ"};
    lines.push_back(
        fmt::format("{} of its {} cells are not in this sweep (there may only be more)", missing, kept.size()));
    return lines;
}

}  // namespace stationary
