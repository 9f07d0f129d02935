#include "host/experiment/key_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace stationary {
namespace {

/// Names that docs/interface.md keeps for a later version: keys as "table.key", and tables.
const std::vector<std::string>& reserved_names() {
    static const std::vector<std::string> names{"model.potential", "model.gradient_noise_variance", "underdamped"};
    return names;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

const KnownTable* find_table(const std::string& name) {
    for (const auto& known : known_tables()) {
        if (known.name == name) return &known;
    }
    return nullptr;
}

/// The same key in another table, or the nearest word in this one (outside any table: the nearest table too).
std::string hint(const KnownTable& known, const std::string& key) {
    for (const auto& other : known_tables()) {
        if (!contains(other.keys, key)) continue;
        return fmt::format(" (did you mean \"{}{}{}\"?)", other.name, other.name.empty() ? "" : ".", key);
    }
    std::vector<std::string> words = known.keys;
    if (known.name.empty()) {
        for (const auto& other : known_tables()) {
            if (!other.name.empty()) words.push_back(other.name);
        }
    }
    return suggest(key, words);
}

void check_key(const Document& document, const KnownTable& known, const std::string& key, const toml::node& node) {
    if (contains(known.keys, key)) return;
    const bool is_table = known.name.empty() && node.is_table();
    const std::string path = known.name.empty() ? key : known.name + "." + key;
    if (contains(reserved_names(), path)) Value(document, path, node).fail("reserved for a later version");
    Value(document, path, node).fail((is_table ? "unknown table" : "unknown key") + hint(known, key));
}

void check_table(const Document& document, const KnownTable& known, const toml::node& node,
                 std::map<std::string, std::string>& locations) {
    if (!node.is_table()) Value(document, known.name, node).fail_expected("a table");
    for (const auto& [key_node, value] : *node.as_table()) {
        const std::string key(key_node.str());
        check_key(document, known, key, value);
        const std::string path = known.name + "." + key;
        locations[path] = document.location(path, value);
    }
}

const std::vector<std::string>& keys_of_kind(ModelKind kind) {
    static const std::vector<std::string> quadratic{"kind", "hessian", "gradient_noise_covariance", "minimizer",
                                                    "gradient_residuals"};
    static const std::vector<std::string> least_squares{"kind", "data", "target", "standardize", "ridge"};
    static const std::vector<std::string> gaussian_regression{"kind", "feature_covariance", "label_noise_variance",
                                                              "minimizer"};
    if (kind == ModelKind::quadratic) return quadratic;
    return kind == ModelKind::least_squares ? least_squares : gaussian_regression;
}

}  // namespace

std::map<std::string, std::string> check_keys(const Document& document) {
    std::map<std::string, std::string> locations;
    for (const auto& [key_node, node] : document.table) {
        const std::string key(key_node.str());
        const KnownTable* known = key.empty() ? nullptr : find_table(key);
        if (known != nullptr) {
            check_table(document, *known, node, locations);
        } else {
            check_key(document, *find_table(""), key, node);
            locations[key] = document.location(key, node);
        }
    }
    return locations;
}

void check_keys_of_kind(const Document& document, ModelKind kind) {
    const Section section(document, "model");
    for (const auto& key : find_table("model")->keys) {
        const auto value = section.find(key);
        if (value && !contains(keys_of_kind(kind), key)) {
            value->fail(fmt::format("does not apply to kind = \"{}\"", to_string(kind)));
        }
    }
}

}  // namespace stationary
