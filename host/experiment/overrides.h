#pragma once

#include "host/experiment/toml_value.h"

namespace stationary {

/// Parses TOML text. Throws InputError "FILE:LINE: what is wrong" for malformed text and duplicated keys.
toml::table parse_toml(const std::string& text, const std::string& file);

/// Lays the command line over a document: every --set in order, then --seed, --chains and --normals.
/// "table.key=value" takes a TOML value; a bare word that is none is taken as a string. Missing tables are made.
/// Throws InputError "--set TEXT: KEY: what is wrong".
void apply_overrides(const Overrides& overrides, Document& document);

}  // namespace stationary
