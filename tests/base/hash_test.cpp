#include "host/base/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace stationary {
namespace {

/// SplitMix64's output function is a bijection, so it can be undone: what is left is plain FNV-1a with published
/// vectors.
std::uint64_t unmix(std::uint64_t z) {
    z = z ^ (z >> 31) ^ (z >> 62);
    z *= 0x319642b2d24d8ec3ULL;  // inverse of 0x94d049bb133111eb modulo 2^64
    z = z ^ (z >> 27) ^ (z >> 54);
    z *= 0x96de1b173f119089ULL;  // inverse of 0xbf58476d1ce4e5b9 modulo 2^64
    z = z ^ (z >> 30) ^ (z >> 60);
    return z - 0x9e3779b97f4a7c15ULL;
}

std::uint64_t fnv(const std::string& text) { return unmix(Hash().bytes(text.data(), text.size()).value()); }

TEST(Hash, IsFnv1aUnderTheMixer) {
    // Test vectors of Fowler, Noll & Vo's own fnv_test.
    EXPECT_EQ(fnv(""), 0xcbf29ce484222325ULL);
    EXPECT_EQ(fnv("a"), 0xaf63dc4c8601ec8cULL);
    EXPECT_EQ(fnv("foobar"), 0x85944171f73967e8ULL);
}

TEST(Hash, IntegersAreHashedInLittleEndianOrder) {
    const unsigned char bytes[] = {8, 7, 6, 5, 4, 3, 2, 1};
    EXPECT_EQ(Hash().integer(0x0102030405060708ULL).value(), Hash().bytes(bytes, sizeof bytes).value());
}

TEST(Hash, RealsAreHashedByValue) {
    EXPECT_EQ(Hash().real(0.0).value(), Hash().real(-0.0).value());
    const double other_nan = std::bit_cast<double>(0xfff8000000000123ULL);
    EXPECT_EQ(Hash().real(std::nan("")).value(), Hash().real(other_nan).value());
    EXPECT_EQ(Hash().real(1.5).value(), Hash().integer(0x3ff8000000000000ULL).value());
    EXPECT_NE(Hash().real(1.0).value(), Hash().real(std::nextafter(1.0, 2.0)).value());
    EXPECT_NE(Hash().real(std::numeric_limits<double>::infinity()).value(), Hash().real(std::nan("")).value());
}

TEST(Hash, TextCarriesItsLength) {
    EXPECT_NE(Hash().text("ab").text("c").value(), Hash().text("a").text("bc").value());
}

TEST(Hash, NeighbouringInputsDifferInAboutHalfTheBits) {
    std::set<std::uint64_t> seen;
    int flipped = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const std::uint64_t value = Hash().integer(i).value();
        seen.insert(value);
        flipped += std::popcount(value ^ Hash().integer(i + 1).value());
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_NEAR(flipped / 1000.0, 32.0, 1.0);
}

TEST(Hash, HexHasSixteenDigits) {
    EXPECT_EQ(hex(0), "0000000000000000");
    EXPECT_EQ(hex(0x0123456789abcdefULL), "0123456789abcdef");
}

}  // namespace
}  // namespace stationary
