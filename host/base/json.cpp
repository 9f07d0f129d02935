#include "host/base/json.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

bool is_flat(const Json& array) {
    return std::none_of(array.begin(), array.end(), [](const Json& value) { return value.is_structured(); });
}

void write(std::string& text, const Json& json, std::size_t indent);

/// The entries of an object or a nested array, each on its own line.
void write_entries(std::string& text, const Json& json, std::size_t indent) {
    const std::string margin(indent + 2, ' ');
    bool first = true;
    for (const auto& [key, value] : json.items()) {
        text += (first ? "\n" : ",\n") + margin;
        if (json.is_object()) text += Json(key).dump() + ": ";
        write(text, value, indent + 2);
        first = false;
    }
    text += '\n' + std::string(indent, ' ');
}

void write_flat(std::string& text, const Json& array) {
    text += '[';
    for (std::size_t i = 0; i < array.size(); ++i) text += (i == 0 ? "" : ", ") + array[i].dump();
    text += ']';
}

void write(std::string& text, const Json& json, std::size_t indent) {
    if (!json.is_structured() || json.empty()) {
        text += json.dump();
    } else if (json.is_array() && is_flat(json)) {
        write_flat(text, json);
    } else {
        text += json.is_array() ? '[' : '{';
        write_entries(text, json, indent);
        text += json.is_array() ? ']' : '}';
    }
}

}  // namespace

Json to_json(double value) {
    if (std::isfinite(value)) return value;
    return std::isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf";
}

Json to_json(const Vector& values) {
    Json array = Json::array();
    for (const double value : values) array.push_back(to_json(value));
    return array;
}

Json to_json(const Matrix& values) {
    Json rows = Json::array();
    for (Eigen::Index i = 0; i < values.rows(); ++i) rows.push_back(to_json(Vector(values.row(i))));
    return rows;
}

Json to_json(const std::vector<double>& values) {
    Json array = Json::array();
    for (const double value : values) array.push_back(to_json(value));
    return array;
}

std::string document(const Json& json) {
    std::string text;
    write(text, json, 0);
    return text + '\n';
}

std::string document(const Json& json, const std::string& list, std::size_t count, const EntryMaker& entry) {
    std::string text = "{";
    bool first = true;
    for (const auto& [key, value] : json.items()) {
        text += (first ? "\n  " : ",\n  ") + Json(key).dump() + ": ";
        first = false;
        if (key != list || count == 0) {
            write(text, value, 2);
            continue;
        }
        for (std::size_t i = 0; i < count; ++i) {
            text += i == 0 ? "[\n    " : ",\n    ";
            write(text, entry(i), 4);
        }
        text += "\n  ]";
    }
    return text + "\n}\n";
}

}  // namespace stationary
