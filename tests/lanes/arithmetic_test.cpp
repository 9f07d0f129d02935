#include "kernels/lanes/arithmetic.h"

#include "kernels/noise/normals.h"
#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace stationary {
namespace {

struct Triple {
    float a, b, c;
};

using Generator = std::mt19937_64;

std::uint32_t random_word(Generator& generator) { return static_cast<std::uint32_t>(generator() >> 32); }

/// ±2^exponent·(1 + mantissa·2⁻²³).
float make_float(std::uint32_t sign, int exponent, std::uint32_t mantissa) {
    const float magnitude = std::ldexp(1.0F + static_cast<float>(mantissa & 0x7fffffU) * 0x1p-23F, exponent);
    return (sign & 1U) != 0 ? -magnitude : magnitude;
}

float any_bits(Generator& generator) { return as_float(random_word(generator)); }

float random_float(Generator& generator, int exponent) {
    return make_float(random_word(generator), exponent, random_word(generator));
}

int random_exponent(Generator& generator, int low, int high) {
    return low + static_cast<int>(generator() % static_cast<std::uint64_t>(high - low + 1));
}

Triple any_triple(Generator& g) { return {any_bits(g), any_bits(g), any_bits(g)}; }

/// Product and addend of like size: every bit of both takes part in the rounding.
Triple overlapping(Generator& g) {
    const int ea = random_exponent(g, -40, 40);
    const int eb = random_exponent(g, -40, 40);
    return {random_float(g, ea), random_float(g, eb), random_float(g, ea + eb + random_exponent(g, -50, 50))};
}

/// The addend cancels the rounded product, to within a few units in the last place.
Triple cancelling(Generator& g) {
    const float a = random_float(g, random_exponent(g, -60, 60));
    const float b = random_float(g, random_exponent(g, -60, 60));
    const std::uint32_t nudge = static_cast<std::uint32_t>(g() % 5U) - 2U;
    return {a, b, as_float(as_word(-(a * b)) + nudge)};
}

/// The product lies within a few units in its own last place of half a unit in the last place of the addend.
Triple near_halfway(Generator& g) {
    const int exponent = random_exponent(g, -40, 40);
    const int split = random_exponent(g, -20, 20);
    const auto few = [&g] { return static_cast<float>(static_cast<int>(g() % 9U) - 4) * 0x1p-23F; };
    const float a = std::ldexp(1.0F + few(), split);
    const float b = std::ldexp(1.0F + few(), exponent - 24 - split);
    return {(g() & 1U) != 0 ? -a : a, b, random_float(g, exponent)};
}

/// Results in the subnormal range and at its edges.
Triple subnormal(Generator& g) {
    const int ea = random_exponent(g, -100, -20);
    const Triple t{random_float(g, ea), random_float(g, random_exponent(g, -152, -120) - ea), any_bits(g)};
    return {t.a, t.b, as_float(as_word(t.c) & 0x81ffffffU)};
}

/// Results at the edge of overflow.
Triple overflowing(Generator& g) {
    const int ea = random_exponent(g, 40, 90);
    return {random_float(g, ea), random_float(g, 127 - ea - static_cast<int>(g() % 2U)),
            random_float(g, random_exponent(g, 100, 127))};
}

bool same(float x, float y) { return std::isnan(x) ? std::isnan(y) : as_word(x) == as_word(y); }

template <class Fma>
std::int64_t mismatches(const std::vector<Triple>& triples, Fma&& fma) {
    std::int64_t count = 0;
    for (const Triple& t : triples) {
        const float expected = std::fmaf(t.a, t.b, t.c);
        if (same(fma(t.a, t.b, t.c), expected)) continue;
        if (count++ == 0)
            ADD_FAILURE() << std::hexfloat << "fma(" << t.a << ", " << t.b << ", " << t.c << ") != " << expected;
    }
    return count;
}

std::vector<Triple> special_triples() {
    const float infinity = std::numeric_limits<float>::infinity();
    const float largest = std::numeric_limits<float>::max();
    std::vector<float> values{0.0F,     1.0F,         1.0F + 0x1p-23F,  1.0F - 0x1p-24F, 0x1p-24F,
                              0x1p-25F, 0x1p-126F,    0x1.fffffcp-127F, 0x1p-149F,       0x1.8p-148F,
                              0x1p-75F, 0x1p-74F,     largest,          0x1p127F,        0x1p64F,
                              infinity, std::nanf("")};
    const std::size_t positive = values.size();
    for (std::size_t i = 0; i < positive; ++i) values.push_back(-values[i]);
    std::vector<Triple> triples;
    for (const float a : values) {
        for (const float b : values) {
            for (const float c : values) triples.push_back({a, b, c});
        }
    }
    return triples;
}

using Make = Triple (*)(Generator&);
constexpr Make families[]{any_triple, overlapping, cancelling, near_halfway, subnormal, overflowing};

TEST(Arithmetic, emulated_fma_is_std_fma_on_random_bits) {
    Generator generator(1);
    for (const Make make : families) {
        for (int block = 0; block < 16; ++block) {  // 6 families of 2²¹ triples: 1.26e7
            std::vector<Triple> triples(1U << 17);
            for (Triple& t : triples) t = make(generator);
            ASSERT_EQ(mismatches(triples, emulated_fused_multiply_add), 0);
        }
    }
}

TEST(Arithmetic, emulated_fma_is_std_fma_on_special_values) {
    EXPECT_EQ(mismatches(special_triples(), emulated_fused_multiply_add), 0);
    EXPECT_EQ(mismatches(special_triples(), [](float a, float b, float c) { return fused_multiply_add(a, b, c); }), 0);
}

TEST(Arithmetic, rounding_to_double_and_then_to_float_is_not_an_fma) {
    const float a = 0x1p-17F * (1.0F + 0x1p-23F);
    const float b = 1.0F - 0x1p-23F;
    const float c = 128.0F + 0x1p-16F;
    const auto twice_rounded = [](float x, float y, float z) {
        return static_cast<float>(static_cast<double>(x) * static_cast<double>(y) + static_cast<double>(z));
    };
    EXPECT_NE(twice_rounded(a, b, c), std::fmaf(a, b, c));
    EXPECT_EQ(emulated_fused_multiply_add(a, b, c), std::fmaf(a, b, c));

    // The random families see it too, so a twice-rounded emulation would not pass the test above.
    Generator generator(2);
    int different = 0;
    for (int i = 0; i < 100000; ++i) {
        const Triple t = near_halfway(generator);
        different += same(twice_rounded(t.a, t.b, t.c), std::fmaf(t.a, t.b, t.c)) ? 0 : 1;
    }
    EXPECT_GT(different, 100);
}

TEST(Arithmetic, every_simd_level_has_a_true_fma) {
    Generator generator(3);
    std::vector<Triple> triples;
    for (const Make make : families) {
        for (int i = 0; i < 1 << 16; ++i) triples.push_back(make(generator));
    }
    for (const Triple& t : special_triples()) triples.push_back(t);
    while (triples.size() % 16 != 0) triples.push_back({1.0F, 1.0F, 1.0F});
    std::vector<float> a, b, c, out(triples.size());
    for (const Triple& t : triples) {
        a.push_back(t.a);
        b.push_back(t.b);
        c.push_back(t.c);
    }
    for (const PackFunctions& pack : available_pack_functions()) {
        pack.fused_multiply_add(a.data(), b.data(), c.data(), out.size(), out.data());
        std::size_t next = 0;
        EXPECT_EQ(mismatches(triples, [&](float, float, float) { return out[next++]; }), 0) << to_string(pack.level);
    }
}

TEST(Arithmetic, words_become_floats_with_one_rounding) {
    Generator generator(4);
    std::vector<std::uint32_t> words{0,          1,          0xffffffffU, 0x80000000U, 0x7fffffffU,
                                     0x1000001U, 0x1000003U, 0xffffff80U, 0xffffff7fU};
    // Patterns that a two-step conversion rounds twice: a 24-bit number, then 1000… or 0111….
    for (int i = 0; i < 100000; ++i)
        words.push_back((random_word(generator) & 0xffffff00U) + 0x80U + random_word(generator) % 3U - 1U);
    while (words.size() % 16 != 0) words.push_back(random_word(generator));
    for (const std::uint32_t w : words) {
        ASSERT_EQ(unsigned_to_float(w), static_cast<float>(static_cast<double>(w)));
        ASSERT_EQ(signed_to_float(w), static_cast<float>(static_cast<double>(static_cast<std::int32_t>(w))));
    }
    for (const PackFunctions& pack : available_pack_functions()) {
        std::vector<float> out(words.size());
        pack.unsigned_to_float(words.data(), words.size(), out.data());
        for (std::size_t i = 0; i < words.size(); ++i)
            ASSERT_EQ(out[i], unsigned_to_float(words[i])) << to_string(pack.level);
    }
}

TEST(Arithmetic, square_root_is_correctly_rounded) {
    // Rounding √x to double and then to float is harmless: 53 ≥ 2·24 + 2 bits (Figueroa 1995).
    Generator generator(5);
    for (int i = 0; i < 1000000; ++i) {
        const float x = as_float(random_word(generator) & 0x7fffffffU);
        if (!std::isfinite(x)) continue;
        ASSERT_EQ(square_root(x), static_cast<float>(std::sqrt(static_cast<double>(x))));
    }
}

/// Every value of squared_radius, and every float r within 2^−22.9 of 1/√x, the error that a GPU's approximation may
/// have. The root is correctly rounded but for two mantissas of x with one r each, both off by more than 2^−23.3.
TEST(Arithmetic, refined_square_root_of_every_squared_radius) {
    constexpr double bound = 0x1p-23 * 1.0717734625362931;       // 2^0.1
    constexpr double exempt_above = 0x1p-23 * 0.81225239635623;  // 2^−0.3
    std::vector<bool> seen(std::size_t{1} << 31);
    std::int64_t tried = 0;
    std::int64_t exceptions = 0;
    const auto check = [&](std::uint32_t word) {
        const float x = squared_radius<float>(word);
        if (x == 0.0F || seen[as_word(x)]) return;
        seen[as_word(x)] = true;
        const double exact = 1.0 / std::sqrt(static_cast<double>(x));
        const std::uint32_t nearest = as_word(static_cast<float>(exact));
        for (std::uint32_t r = nearest - 3; r <= nearest + 3; ++r) {
            const double error = std::abs(static_cast<double>(as_float(r)) / exact - 1.0);
            if (error > bound) continue;
            ++tried;
            if (refined_square_root(x, as_float(r)) == square_root(x)) continue;
            ++exceptions;
            ASSERT_GT(error, exempt_above) << x << " from " << as_float(r);
        }
    };
    // A word is rounded to 24 bits before anything else: those of at most 24 bits, and of the others one of each value.
    for (std::uint32_t w = 0; w < (1U << 24) && !HasFatalFailure(); ++w) check(w);
    for (int shift = 1; shift <= 8; ++shift) {
        for (std::uint32_t w = 1U << 23; w < (1U << 24) && !HasFatalFailure(); ++w) check(w << shift);
    }
    check(~0U);
    EXPECT_GT(tried, std::int64_t{100} << 20);
    EXPECT_EQ(exceptions, 6) << "of two mantissas at three exponents each";
    EXPECT_EQ(refined_square_root(0.0F, 0x1p30F), 0.0F);
}

TEST(Arithmetic, wide_product_has_both_halves) {
    Generator generator(6);
    for (int i = 0; i < 100000; ++i) {
        const std::uint32_t a = random_word(generator);
        const std::uint32_t b = random_word(generator);
        const WideProduct product = multiply_wide(a, b);
        ASSERT_EQ((static_cast<std::uint64_t>(product.high) << 32) + product.low, static_cast<std::uint64_t>(a) * b);
    }
}

}  // namespace
}  // namespace stationary
