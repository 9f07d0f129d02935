#pragma once

#include <string>

namespace stationary {

/// Seconds of a duration as people write it: "90", "90s", "1h30m", "1.5h", "1d2h"; units d, h, m, s in this order, each
/// at most once. Throws InputError with one line for anything else and for a duration of zero.
double parse_duration(const std::string& text);

}  // namespace stationary
