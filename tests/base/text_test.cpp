#include "host/base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace stationary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Text, StandardErrorStandsInTheLastDigits) {
    EXPECT_EQ(with_error(1.23456, 0.0012), "1.2346(12)");
    EXPECT_EQ(with_error(-0.5, 0.25), "-0.50(25)");
    EXPECT_EQ(with_error(1234.5, 12.0), "1234(12)");
    EXPECT_EQ(with_error(1.2345e-9, 1.2e-12), "1.2345(12)e-9");
}

TEST(Text, ValueStandsAloneWithoutAUsableError) {
    EXPECT_EQ(with_error(0.25, 0.0), "0.25");
    EXPECT_EQ(with_error(0.25, infinity), "0.25");
    EXPECT_EQ(with_error(std::nan(""), 0.1), "nan");
}

TEST(Text, SignedPercentShowsTheHalfWidthsFirstDigit) {
    EXPECT_EQ(signed_percent(0.132, 0.003), "+13.2\u00b10.3");
    EXPECT_EQ(signed_percent(-0.001, 0.0014), "-0.10\u00b10.14");
    EXPECT_EQ(signed_percent(0.5, 0.45), "+50\u00b145");
    EXPECT_EQ(signed_percent(0.0, 0.00001), "+0.00\u00b10.00");
    EXPECT_EQ(signed_percent(0.0, infinity), "+0\u00b1inf");
    EXPECT_EQ(signed_percent(std::nan(""), std::nan("")), "nan");
}

TEST(Text, GroupsDigitsByThousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(-123456), "-123,456");
    EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Text, SizesAndDurationsHaveFittingUnits) {
    EXPECT_EQ(byte_size(512), "512 B");
    EXPECT_EQ(byte_size(1536), "1.5 KiB");
    EXPECT_EQ(byte_size(std::int64_t{3} << 30), "3.0 GiB");
    EXPECT_EQ(duration_text(0.85), "850 ms");
    EXPECT_EQ(duration_text(42.2), "42 s");
    EXPECT_EQ(duration_text(200.0), "3 min 20 s");
    EXPECT_EQ(duration_text(7500.0), "2 h 05 min");
    EXPECT_EQ(duration_text(infinity), "unknown");
}

TEST(Text, WidthCountsCodePoints) {
    EXPECT_EQ(display_width("\u00b1a"), 2u);
    EXPECT_EQ(padded("\u00b1", 3, Align::right), "  \u00b1");
    EXPECT_EQ(padded("abc", 2, Align::left), "abc");
}

TEST(Text, WrapsAtSpacesAndKeepsEveryWord) {
    EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three\n");
    EXPECT_EQ(wrapped("  - one two", 7, 4), "  - one\n    two\n");
    EXPECT_EQ(wrapped("short", 80, 0), "short\n");
}

TEST(Text, TableAlignsItsColumns) {
    TextTable table;
    table.column("B", Align::right);
    table.column("verdict", Align::left);
    table.rows = {{"1", "agrees"}, {"128", "\u00b11"}};
    EXPECT_EQ(table.width(), 14u);
    EXPECT_EQ(table.render(), "    B  verdict\n  ------------\n    1  agrees\n  128  \u00b11\n");
}

}  // namespace
}  // namespace stationary
