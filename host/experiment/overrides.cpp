#include "host/experiment/overrides.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace stationary {
namespace {

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

bool is_bare_word(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
    });
}

/// The table that holds `key` (a path of one or two words), made if it is not there.
toml::table& holder(Document& document, const std::string& key, const std::string& place) {
    const auto dot = key.find('.');
    if (dot == std::string::npos) return document.table;
    const std::string name = key.substr(0, dot);
    if (document.table.get(name) == nullptr) {
        document.table.insert(name, toml::table{});
        document.overridden.emplace(name, place);
    }
    auto* table = document.table.get_as<toml::table>(name);
    if (table == nullptr) throw_input_error(fmt::format("{}: {}: is not a table", place, name));
    return *table;
}

void put(Document& document, const std::string& key, const std::string& place, const toml::node& value) {
    holder(document, key, place).insert_or_assign(key.substr(key.find('.') + 1), value);
    document.overridden.insert_or_assign(key, place);
}

void apply_set(const std::string& text, Document& document) {
    const std::string place = "--set " + text;
    const auto equals = text.find('=');
    const std::string key = trimmed(std::string_view(text).substr(0, equals));
    const bool well_formed = is_bare_word(key) && key.find('/') == std::string::npos && key.front() != '.' &&
                             key.back() != '.' && std::count(key.begin(), key.end(), '.') <= 1;
    if (equals == std::string::npos || !well_formed) {
        throw_input_error(place + ": expected table.key=value, such as sweep.batch_size=[1,8]");
    }
    const std::string right = trimmed(std::string_view(text).substr(equals + 1));
    try {
        const toml::table parsed = toml::parse("value = " + right);
        if (parsed.size() != 1) throw_input_error(fmt::format("{}: {}: expected one TOML value", place, key));
        put(document, key, place, *parsed.get("value"));
    } catch (const toml::parse_error&) {
        if (!is_bare_word(right)) throw_input_error(fmt::format("{}: {}: expected a TOML value", place, key));
        put(document, key, place, toml::value<std::string>(right));
    }
}

}  // namespace

toml::table parse_toml(const std::string& text, const std::string& file) {
    try {
        return toml::parse(text, file);
    } catch (const toml::parse_error& error) {
        const auto line = std::max<toml::source_index>(error.source().begin.line, 1);
        throw_input_error(fmt::format("{}:{}: not TOML: {}", file, line, error.description()));
    }
}

void apply_overrides(const Overrides& overrides, Document& document) {
    for (const auto& text : overrides.set) apply_set(text, document);
    if (overrides.seed) {
        const std::string place = fmt::format("--seed {}", *overrides.seed);
        // As a string, because TOML's integers end at 2^63 - 1.
        put(document, "ensemble.seed", place, toml::value<std::string>(std::to_string(*overrides.seed)));
    }
    if (overrides.chains) {
        put(document, "ensemble.chains", fmt::format("--chains {}", *overrides.chains),
            toml::value<std::int64_t>(*overrides.chains));
    }
    if (overrides.normals) {
        const std::string word = to_string(*overrides.normals);
        put(document, "run.normals", "--normals " + word, toml::value<std::string>(word));
    }
}

}  // namespace stationary
