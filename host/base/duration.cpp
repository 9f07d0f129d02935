#include "host/base/duration.h"

#include "host/base/error.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace stationary {
namespace {

struct Unit {
    char letter;
    double seconds;
};
constexpr std::array<Unit, 4> units{{{'d', 86400.0}, {'h', 3600.0}, {'m', 60.0}, {'s', 1.0}}};

[[noreturn]] void refuse(const std::string& text) {
    throw InputError(fmt::format("\"{}\" is not a duration; expected something like 2h, 90s or 1h30m", text));
}

/// Takes a plain decimal number from the front of `rest`.
double take_number(std::string_view& rest, const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value) || value < 0.0 || std::signbit(value)) refuse(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
}

}  // namespace

double parse_duration(const std::string& text) {
    std::string_view rest = text;
    double seconds = 0.0;
    std::size_t next_unit = 0;
    while (!rest.empty()) {
        const double value = take_number(rest, text);
        if (rest.empty()) {
            if (next_unit != 0) refuse(text);  // "1h30" could mean minutes or seconds
            seconds = value;
            break;
        }
        while (next_unit < units.size() && units[next_unit].letter != rest.front()) ++next_unit;
        if (next_unit == units.size()) refuse(text);
        seconds += value * units[next_unit++].seconds;
        rest.remove_prefix(1);
    }
    if (seconds <= 0.0) refuse(text);
    return seconds;
}

}  // namespace stationary
