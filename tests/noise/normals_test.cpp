#include "kernels/noise/normals.h"

#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace stationary {
namespace {

/// u of a word, rounded to float as squared_radius rounds it: the sum is exact in double.
float rounded_u(std::uint32_t w) {
    return static_cast<float>(static_cast<double>(unsigned_to_float(w)) * 0x1p-32 + 0x1p-33);
}

/// Relative error of the squared radius against −2 ln of the rounded u; double is nine decimal places finer than the
/// bound.
double radius_error(std::uint32_t w) {
    const double exact = -2.0 * std::log(static_cast<double>(rounded_u(w)));
    const double r2 = squared_radius<float>(w);
    return exact == 0.0 ? std::abs(r2) : std::abs(r2 / exact - 1.0);
}

double angle_error(float x) {
    const long double angle = std::numbers::pi_v<long double> * static_cast<long double>(x);
    const auto computed = sine_cosine_pi(x);
    const auto sine_error = std::abs(static_cast<long double>(computed.sine) - std::sin(angle));
    const auto cosine_error = std::abs(static_cast<long double>(computed.cosine) - std::cos(angle));
    return static_cast<double>(std::max(sine_error, cosine_error));
}

/// Words that reach every exponent of u: all of them up to 2¹⁶, then random ones between each pair of powers of two,
/// and the edges.
std::vector<std::uint32_t> words_of_every_exponent() {
    std::mt19937_64 generator(21);
    std::vector<std::uint32_t> words;
    for (std::uint32_t w = 0; w < 1U << 16; ++w) words.push_back(w);
    for (unsigned bit = 16; bit < 32; ++bit) {
        const std::uint32_t power = 1U << bit;
        for (std::uint32_t k = 0; k < 64; ++k) words.insert(words.end(), {power - k, power + k});
        for (int i = 0; i < 8192; ++i) words.push_back(power + static_cast<std::uint32_t>(generator()) % power);
    }
    for (std::uint32_t k = 0; k < 4096; ++k) words.push_back(0xffffffffU - k);
    while (words.size() % 16 != 0) words.push_back(0);
    return words;
}

TEST(SquaredRadius, error_bound_at_every_exponent) {
    double worst = 0.0;
    for (const std::uint32_t w : words_of_every_exponent()) worst = std::max(worst, radius_error(w));
    EXPECT_LT(worst, 4e-7);
}

/// The hardest range, −2 ln u near its zero and across √½, at every mantissa: u in [½, 1].
TEST(SquaredRadius, error_bound_at_every_mantissa_of_the_largest_exponent) {
    double worst = 0.0;
    for (std::uint64_t w = std::uint64_t{1} << 31; w < std::uint64_t{1} << 32; w += 256) {
        worst = std::max(worst, radius_error(static_cast<std::uint32_t>(w)));
    }
    EXPECT_LT(worst, 4e-7);
}

TEST(SquaredRadius, edges) {
    EXPECT_EQ(rounded_u(0), 0x1p-33F);
    EXPECT_NEAR(squared_radius<float>(0U), 66.0 * std::numbers::ln2, 2e-5);
    EXPECT_NEAR(std::sqrt(squared_radius<float>(0U)), 6.76, 0.005);
    EXPECT_EQ(squared_radius<float>(0xffffffffU), 0.0F);
    EXPECT_EQ(rounded_u(0xffffffffU), 1.0F);
    EXPECT_GT(squared_radius<float>(0xfffffe00U), 0.0F);
    EXPECT_NEAR(squared_radius<float>(0x7fffffffU), 2.0 * std::numbers::ln2, 1e-6);
    EXPECT_NEAR(squared_radius<float>(0x80000000U), 2.0 * std::numbers::ln2, 1e-6);
}

TEST(SquaredRadius, is_never_negative_and_never_above_its_value_at_word_zero) {
    const float largest = squared_radius<float>(0U);
    for (const std::uint32_t w : words_of_every_exponent()) {
        ASSERT_GE(squared_radius<float>(w), 0.0F) << w;
        ASSERT_LE(squared_radius<float>(w), largest) << w;
    }
}

/// The mean of r² over 2²⁰ evenly spaced words is that over all words to 1e-6, and −2 ln u has mean 2: a logarithm off
/// by 1e-4 shows.
TEST(SquaredRadius, mean_over_evenly_spaced_words_is_two) {
    double sum = 0.0;
    double planted = 0.0;
    constexpr std::uint64_t step = 1U << 12;
    constexpr std::uint64_t words = (std::uint64_t{1} << 32) / step;
    for (std::uint64_t k = 0; k < words; ++k) {
        const double r2 = squared_radius<float>(static_cast<std::uint32_t>(k * step + step / 2));
        sum += r2;
        planted += r2 * (1.0 + 1e-4);
    }
    const auto count = static_cast<double>(words);
    EXPECT_NEAR(sum / count, 2.0, 2e-6);
    EXPECT_GT(std::abs(planted / count - 2.0), 1e-4);
}

TEST(SineCosine, error_bound_at_every_exponent) {
    std::mt19937_64 generator(22);
    double worst = 0.0;
    for (int exponent = -32; exponent < -1; ++exponent) {
        for (int i = 0; i < 8192; ++i) {
            const float x = std::ldexp(1.0F + static_cast<float>(generator() >> 41) * 0x1p-23F, exponent);
            worst = std::max({worst, angle_error(x), angle_error(-x)});
        }
    }
    for (const float x : {0.0F, 0.5F, -0.5F, 0.25F, -0.25F, 0x1.fffffep-2F}) worst = std::max(worst, angle_error(x));
    EXPECT_LT(worst, 2e-7);
}

TEST(SineCosine, error_bound_over_the_whole_range) {
    double worst = 0.0;
    for (std::int64_t k = -(1 << 21); k <= 1 << 21; ++k)
        worst = std::max(worst, angle_error(static_cast<float>(k) * 0x1p-22F));
    EXPECT_LT(worst, 2e-7);
}

TEST(SineCosine, sine_is_odd_and_cosine_even) {
    std::mt19937_64 generator(23);
    for (int i = 0; i < 100000; ++i) {
        const float x = static_cast<float>(static_cast<std::int32_t>(generator() >> 32)) * 0x1p-32F;
        ASSERT_EQ(sine_cosine_pi(-x).sine, -sine_cosine_pi(x).sine);
        ASSERT_EQ(sine_cosine_pi(-x).cosine, sine_cosine_pi(x).cosine);
    }
}

/// A normal and its negative come from words that differ in one bit, so all odd moments vanish exactly.
TEST(BoxMuller, the_top_bit_of_the_angle_word_negates_both) {
    std::mt19937_64 generator(24);
    for (int i = 0; i < 200000; ++i) {
        const auto w = static_cast<std::uint32_t>(generator());
        const auto a = static_cast<std::uint32_t>(generator());
        float z0, z1, y0, y1;
        box_muller(w, a, z0, z1);
        box_muller(w, a ^ 0x80000000U, y0, y1);
        ASSERT_EQ(as_word(z0) ^ as_word(y0), 0x80000000U);
        ASSERT_EQ(as_word(z1) ^ as_word(y1), 0x80000000U);
    }
}

TEST(BoxMuller, is_the_radius_times_the_cosine_and_the_sine) {
    std::mt19937_64 generator(25);
    for (int i = 0; i < 200000; ++i) {
        const auto w = static_cast<std::uint32_t>(generator());
        const auto a = static_cast<std::uint32_t>(generator());
        const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(w) + 0.5) * 0x1p-32));
        const double x = static_cast<double>(static_cast<std::int32_t>(a << 1)) * 0x1p-32;
        const double sign = (a >> 31) != 0 ? -1.0 : 1.0;
        float z0, z1;
        box_muller(w, a, z0, z1);
        // u near 1 is rounded to float before the logarithm: an error of 2⁻²⁵ in u is one of 2⁻²⁴/r in the radius.
        const double bound = 4e-7 * radius + 6.1e-8 / std::max(radius, 2.5e-4);
        ASSERT_NEAR(z0, sign * radius * std::cos(std::numbers::pi * x), bound + 2e-7 * radius);
        ASSERT_NEAR(z1, sign * radius * std::sin(std::numbers::pi * x), bound + 2e-7 * radius);
    }
}

TEST(BoxMuller, is_finite_at_every_edge) {
    for (const std::uint32_t w : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
        for (const std::uint32_t a :
             {0U, 1U, 0x3fffffffU, 0x40000000U, 0x7fffffffU, 0x80000000U, 0xc0000000U, 0xffffffffU}) {
            float z0, z1;
            box_muller(w, a, z0, z1);
            EXPECT_LE(std::abs(z0), 6.7638F);
            EXPECT_LE(std::abs(z1), 6.7638F);
        }
    }
}

TEST(BoxMuller, every_simd_level_gives_the_scalar_bits) {
    const std::vector<std::uint32_t> words = words_of_every_exponent();
    const std::size_t count = words.size();
    std::vector<std::uint32_t> angles(count);
    std::mt19937_64 generator(26);
    for (std::uint32_t& a : angles) a = static_cast<std::uint32_t>(generator() >> 32);
    std::vector<float> first(count), second(count), squares(count);
    for (const PackFunctions& pack : available_pack_functions()) {
        pack.squared_radius(words.data(), count, squares.data());
        pack.box_muller(words.data(), angles.data(), count, first.data(), second.data());
        for (std::size_t i = 0; i < count; ++i) {
            float z0, z1;
            box_muller(words[i], angles[i], z0, z1);
            ASSERT_EQ(as_word(squares[i]), as_word(squared_radius<float>(words[i])))
                << to_string(pack.level) << ' ' << words[i];
            ASSERT_EQ(as_word(first[i]), as_word(z0)) << to_string(pack.level) << ' ' << words[i] << ' ' << angles[i];
            ASSERT_EQ(as_word(second[i]), as_word(z1)) << to_string(pack.level) << ' ' << words[i] << ' ' << angles[i];
        }
    }
}

}  // namespace
}  // namespace stationary
