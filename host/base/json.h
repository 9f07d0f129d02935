#pragma once

#include "host/algebra/matrix.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace stationary {

/// JSON in the order in which members were added. The member names of all documents are those of the interface, and do
/// not change.
using Json = nlohmann::ordered_json;

/// A number, or the string "nan", "inf" or "-inf": JSON has no such numbers.
Json to_json(double value);
Json to_json(const Vector& values);  ///< [d]
Json to_json(const Matrix& values);  ///< [[d×d]], row by row
Json to_json(const std::vector<double>& values);

/// A document as text: objects indented, an array of plain values on one line, a matrix one row a line; a newline at
/// the end.
std::string document(const Json& json);

/// The same of an object whose member `list`, empty there, is an array of `count` entries that are made and written one
/// at a time: only one of them is ever held as JSON. Test: report_test.cpp.
using EntryMaker = std::function<Json(std::size_t)>;
std::string document(const Json& json, const std::string& list, std::size_t count, const EntryMaker& entry);

}  // namespace stationary
