#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stationary {

/// Numbers and columns as tables show them. Results files carry full precision; these are for people.

/// Four significant digits, "nan" and "inf" spelled out.
std::string short_number(double value);

/// Value with its standard error in the last digits: 1.2345 ± 0.0012 is "1.2345(12)". Without a usable error the value
/// alone.
std::string with_error(double value, double standard_error);

/// A fraction as a signed percentage with the half-width of its interval: 0.132 ± 0.003 is "+13.2±0.3", one
/// significant digit of the half-width, two after a leading 1, and two decimals at most.
std::string signed_percent(double fraction, double half_width);

/// 65536 as "65,536".
std::string grouped(std::int64_t value);

/// "1.5 GiB"
std::string byte_size(std::int64_t bytes);

/// "850 ms", "42 s", "3 min 20 s", "2 h 05 min"
std::string duration_text(double seconds);

/// Characters that a terminal shows for UTF-8 text without combining marks: its code points.
std::size_t display_width(std::string_view text);

enum class Align { left, right };

/// Text filled with spaces to a display width; longer text is returned as it is.
std::string padded(std::string_view text, std::size_t width, Align align);

/// Text broken at spaces so that no line is wider than `width`; continuation lines begin with `indent` spaces. Every
/// line ends in '\n'.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// A rectangular table: a heading and rows with the same number of entries.
struct TextTable {
    std::vector<std::string> heading;
    std::vector<Align> align;
    std::vector<std::vector<std::string>> rows;

    void column(std::string name, Align alignment);
    [[nodiscard]] std::size_t width() const;
    /// Heading, a rule and the rows, each line indented by two spaces and ended by '\n'.
    [[nodiscard]] std::string render() const;
};

}  // namespace stationary
