#pragma once

#include "host/experiment/toml_value.h"

#include <map>
#include <string>

namespace stationary {

/// Refuses unknown tables and keys, with the nearest known one, and those reserved for a later version; returns where
/// each key stands: "model.data" → "FILE:LINE".
std::map<std::string, std::string> check_keys(const Document& document);

/// Refuses keys of [model] that belong to another kind.
void check_keys_of_kind(const Document& document, ModelKind kind);

}  // namespace stationary
