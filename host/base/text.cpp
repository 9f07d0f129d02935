#include "host/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace stationary {
namespace {

constexpr std::size_t indent_width = 2;
constexpr std::size_t gap_width = 2;

/// Decimals that show `size` with two significant digits: 0.0012 has four.
int decimals_for(double size) { return 1 - static_cast<int>(std::floor(std::log10(size))); }

bool usable_error(double value, double error) { return std::isfinite(value) && std::isfinite(error) && error > 0.0; }

/// "1.2345(12)" with `decimals` digits after the point, one at least.
std::string concise(double value, double error, int decimals) {
    return fmt::format("{:.{}f}({:.0f})", value, decimals, error * std::pow(10.0, decimals));
}

std::vector<std::size_t> column_widths(const TextTable& table) {
    std::vector<std::size_t> widths;
    for (const std::string& name : table.heading) widths.push_back(display_width(name));
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    return widths;
}

std::string trimmed_right(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::string short_number(double value) { return fmt::format("{:.4g}", value); }

std::string with_error(double value, double standard_error) {
    if (!usable_error(value, standard_error)) return fmt::format("{:.6g}", value);
    const int decimals = decimals_for(standard_error);
    if (decimals < 1) return fmt::format("{:.0f}({:.0f})", value, standard_error);
    if (decimals <= 8) return concise(value, standard_error, decimals);
    const int exponent = static_cast<int>(std::floor(std::log10(std::max(std::abs(value), standard_error))));
    const double power = std::pow(10.0, exponent);
    const double mantissa_error = standard_error / power;
    return fmt::format("{}e{}", concise(value / power, mantissa_error, std::max(1, decimals_for(mantissa_error))),
                       exponent);
}

std::string signed_percent(double fraction, double half_width) {
    const double percent = 100.0 * fraction;
    const double half = 100.0 * half_width;
    if (std::isnan(percent)) return "nan";
    if (!usable_error(percent, half)) return fmt::format("{:+.4g}\u00b1{:.2g}", percent, half);
    const double leading = half / std::pow(10.0, std::floor(std::log10(half)));
    const int decimals = std::clamp(decimals_for(half) - (leading < 2.0 ? 0 : 1), 0, 2);
    return fmt::format("{:+.{}f}\u00b1{:.{}f}", percent, decimals, half, decimals);
}

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value);
    const std::ptrdiff_t first = value < 0 ? 1 : 0;
    for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string byte_size(std::int64_t bytes) {
    static constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto size = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (size >= 1024.0 && unit + 1 < units.size()) {
        size /= 1024.0;
        ++unit;
    }
    const int decimals = unit == 0 || size >= 100.0 ? 0 : 1;
    return fmt::format("{:.{}f} {}", size, decimals, units[unit]);
}

std::string duration_text(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0.0) return "unknown";
    if (seconds < 1.0) return fmt::format("{:.0f} ms", 1000.0 * seconds);
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 120) return fmt::format("{} s", whole);
    if (whole < 7200) return fmt::format("{} min {:02d} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02d} min", whole / 3600, whole / 60 % 60);
}

std::size_t display_width(std::string_view text) {
    // A UTF-8 continuation byte is 10xxxxxx.
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width, Align align) {
    const std::size_t shown = display_width(text);
    const std::string space(shown < width ? width - shown : 0, ' ');
    return align == Align::left ? std::string(text) + space : space + std::string(text);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::string lines;
    std::string line;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const bool begun = line.find_first_not_of(' ') != std::string::npos;
        if (begun && display_width(line) + 1 + display_width(word) > width) {
            lines += line + '\n';
            line = std::string(indent, ' ') + std::string(word);
        } else {
            line += (at == 0 ? "" : " ") + std::string(word);
        }
        at = end + 1;
    }
    return lines + line + '\n';
}

void TextTable::column(std::string name, Align alignment) {
    heading.push_back(std::move(name));
    align.push_back(alignment);
}

std::size_t TextTable::width() const {
    const std::vector<std::size_t> widths = column_widths(*this);
    return std::accumulate(widths.begin(), widths.end(), indent_width + gap_width * (widths.size() - 1));
}

std::string TextTable::render() const {
    const std::vector<std::size_t> widths = column_widths(*this);
    const auto line = [&](const std::vector<std::string>& entries) {
        std::string text(indent_width, ' ');
        for (std::size_t i = 0; i < entries.size(); ++i) {
            text += (i == 0 ? "" : std::string(gap_width, ' ')) + padded(entries[i], widths[i], align[i]);
        }
        return trimmed_right(text) + '\n';
    };
    std::string text = line(heading) + std::string(indent_width, ' ') + std::string(width() - indent_width, '-') + '\n';
    for (const auto& row : rows) text += line(row);
    return text;
}

}  // namespace stationary
