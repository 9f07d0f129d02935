#pragma once

#include <string>

namespace emulator {

/// Prints a finding, once for each key, which names its kind and place; the program goes on.
[[gnu::format(printf, 2, 3)]] void report(const std::string& key, const char* format, ...);

/// Prints why the emulator cannot go on, and ends the program.
[[noreturn, gnu::format(printf, 1, 2)]] void give_up(const char* format, ...);

}  // namespace emulator
