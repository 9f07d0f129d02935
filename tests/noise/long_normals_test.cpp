#include "kernels/noise/normals.h"

#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <numbers>
#include <string>
#include <vector>

namespace stationary {
namespace {

// Every input of the maps from words to normals, for the scalar code and for each SIMD level: 2³² words for the radius;
// for the angle the 2³¹ words that differ in x (the top bit only flips signs). About a minute per map on a core with
// fma, several without.

constexpr std::size_t block_size = std::size_t{1} << 14;
constexpr std::int64_t radius_blocks = std::int64_t{1} << 18;
constexpr std::int64_t angle_blocks = std::int64_t{1} << 17;

// The committed bits, one hash per result. A change here is a change of every result of the engine.
constexpr std::uint64_t squared_radius_hash = 0x59eeb193920f1072ULL;
constexpr std::uint64_t radius_hash = 0xdf6589cdd94484e4ULL;
constexpr std::uint64_t sine_hash = 0x4ea630bbbbfd78f1ULL;
constexpr std::uint64_t cosine_hash = 0xde50a59f4821ee72ULL;

/// The maps over arrays: those of a SIMD level or the scalar ones.
struct Maps {
    std::string name;
    decltype(PackFunctions::squared_radius) squared_radius;
    decltype(PackFunctions::square_root) square_root;
    decltype(PackFunctions::sine_cosine) sine_cosine;
};

Maps scalar_maps() {
    return {"scalar",
            [](const std::uint32_t* words, std::size_t count, float* out) {
                for (std::size_t i = 0; i < count; ++i) out[i] = squared_radius<float>(words[i]);
            },
            [](const float* x, std::size_t count, float* out) {
                for (std::size_t i = 0; i < count; ++i) out[i] = square_root(x[i]);
            },
            [](const float* x, std::size_t count, float* sine, float* cosine) {
                for (std::size_t i = 0; i < count; ++i) {
                    const auto angle = sine_cosine_pi(x[i]);
                    sine[i] = angle.sine;
                    cosine[i] = angle.cosine;
                }
            }};
}

/// From the fastest level down.
std::vector<Maps> all_maps() {
    std::vector<Maps> maps{scalar_maps()};
    for (const PackFunctions& pack : available_pack_functions()) {
        maps.insert(maps.begin(), {to_string(pack.level), pack.squared_radius, pack.square_root, pack.sine_cosine});
    }
    return maps;
}

/// One block of inputs in ascending order, and what the maps make of it.
struct RadiusBlock {
    std::vector<std::uint32_t> words = std::vector<std::uint32_t>(block_size);
    std::vector<float> squares = std::vector<float>(block_size);
    std::vector<float> radii = std::vector<float>(block_size);

    RadiusBlock(const Maps& maps, std::int64_t number) {
        const auto start = static_cast<std::uint32_t>(static_cast<std::size_t>(number) * block_size);
        for (std::size_t i = 0; i < block_size; ++i) words[i] = start + static_cast<std::uint32_t>(i);
        maps.squared_radius(words.data(), block_size, squares.data());
        maps.square_root(squares.data(), block_size, radii.data());
    }
};

struct AngleBlock {
    std::vector<float> x = std::vector<float>(block_size);
    std::vector<float> sines = std::vector<float>(block_size);
    std::vector<float> cosines = std::vector<float>(block_size);

    AngleBlock(const Maps& maps, std::int64_t number) {
        const auto start = static_cast<std::uint32_t>(static_cast<std::size_t>(number) * block_size);
        for (std::size_t i = 0; i < block_size; ++i) {
            x[i] = signed_to_float((start + static_cast<std::uint32_t>(i)) << 1) * 0x1p-32F;  // as in box_muller
        }
        maps.sine_cosine(x.data(), block_size, sines.data(), cosines.data());
    }
};

/// FNV-1a over words, in 16 interleaved streams that start from the block's number: a block's hash depends on the place
/// of every bit.
std::uint64_t block_hash(std::int64_t number, const std::vector<float>& numbers) {
    constexpr std::uint64_t prime = 0x100000001b3ULL;
    constexpr std::uint64_t offset = 0xcbf29ce484222325ULL;
    constexpr std::size_t streams = 16;
    std::array<std::uint64_t, streams> state;
    for (std::size_t s = 0; s < streams; ++s) state[s] = (offset ^ static_cast<std::uint64_t>(number)) * prime + s;
    for (std::size_t i = 0; i < numbers.size(); i += streams) {
        for (std::size_t s = 0; s < streams; ++s) state[s] = (state[s] ^ as_word(numbers[i + s])) * prime;
    }
    std::uint64_t joined = offset;
    for (const std::uint64_t s : state) joined = ((joined ^ s) * prime) ^ (s >> 32);
    return joined;
}

TEST(LongNormals, every_radius_has_the_committed_bits) {
    for (const Maps& maps : all_maps()) {
        std::uint64_t squares = 0;
        std::uint64_t radii = 0;
#pragma omp parallel for reduction(+ : squares, radii)
        for (std::int64_t number = 0; number < radius_blocks; ++number) {
            const RadiusBlock block(maps, number);
            squares += block_hash(number, block.squares);
            radii += block_hash(number, block.radii);
        }
        EXPECT_EQ(squares, squared_radius_hash) << maps.name << std::hex << " 0x" << squares;
        EXPECT_EQ(radii, radius_hash) << maps.name << std::hex << " 0x" << radii;
    }
}

TEST(LongNormals, every_angle_has_the_committed_bits) {
    for (const Maps& maps : all_maps()) {
        std::uint64_t sines = 0;
        std::uint64_t cosines = 0;
#pragma omp parallel for reduction(+ : sines, cosines)
        for (std::int64_t number = 0; number < angle_blocks; ++number) {
            const AngleBlock block(maps, number);
            sines += block_hash(number, block.sines);
            cosines += block_hash(number, block.cosines);
        }
        EXPECT_EQ(sines, sine_hash) << maps.name << std::hex << " 0x" << sines;
        EXPECT_EQ(cosines, cosine_hash) << maps.name << std::hex << " 0x" << cosines;
    }
}

/// Largest relative error of r² over all words, and the moments of r² for a uniform word: E r² = 2, E r⁴ = 8.
TEST(LongNormals, error_and_moments_of_every_squared_radius) {
    const Maps maps = all_maps().front();
    double worst = 0.0;
    double first = 0.0;
    double second = 0.0;
#pragma omp parallel for reduction(max : worst) reduction(+ : first, second)
    for (std::int64_t number = 0; number < radius_blocks; ++number) {
        const RadiusBlock block(maps, number);
        double sum = 0.0;
        double sum_of_squares = 0.0;
        double reference = 0.0;
        float last_u = 0.0F;
        for (std::size_t i = 0; i < block_size; ++i) {
            const double r2 = block.squares[i];
            sum += r2;
            sum_of_squares += r2 * r2;
            const auto u =
                static_cast<float>(static_cast<double>(unsigned_to_float(block.words[i])) * 0x1p-32 + 0x1p-33);
            if (u != last_u) reference = -2.0 * std::log(static_cast<double>(u));
            last_u = u;
            worst = std::max(worst, u == 1.0F ? std::abs(r2) : std::abs(r2 / reference - 1.0));
        }
        first += sum / static_cast<double>(block_size);
        second += sum_of_squares / static_cast<double>(block_size);
    }
    first /= static_cast<double>(radius_blocks);
    second /= static_cast<double>(radius_blocks);
    EXPECT_LT(worst, 4e-7);
    EXPECT_NEAR(first, 2.0, 1e-8);
    EXPECT_NEAR(second, 8.0, 1e-7);
    std::cout << "largest relative error " << worst << ", E r2 - 2 = " << first - 2.0 << ", E r4 - 8 = " << second - 8.0
              << '\n';
}

/// Largest absolute errors of sin πx and cos πx over all angles, and their moments for a uniform word.
TEST(LongNormals, error_and_moments_of_every_angle) {
    const Maps maps = all_maps().front();
    double worst_sine = 0.0;
    double worst_cosine = 0.0;
    double moments[5]{};  // cos², sin², cos⁴, sin⁴, sin·cos
#pragma omp parallel for reduction(max : worst_sine, worst_cosine) reduction(+ : moments)
    for (std::int64_t number = 0; number < angle_blocks; ++number) {
        const AngleBlock block(maps, number);
        double sums[5]{};
        for (std::size_t i = 0; i < block_size; ++i) {
            const double s = block.sines[i];
            const double c = block.cosines[i];
            const double terms[]{c * c, s * s, c * c * c * c, s * s * s * s, s * c};
            for (int m = 0; m < 5; ++m) sums[m] += terms[m];
            if (i > 0 && block.x[i] == block.x[i - 1]) continue;
            const double angle = std::numbers::pi * static_cast<double>(block.x[i]);
            worst_sine = std::max(worst_sine, std::abs(s - std::sin(angle)));
            worst_cosine = std::max(worst_cosine, std::abs(c - std::cos(angle)));
        }
        for (int m = 0; m < 5; ++m) moments[m] += sums[m] / static_cast<double>(block_size);
    }
    for (double& moment : moments) moment /= static_cast<double>(angle_blocks);
    EXPECT_LT(worst_sine, 2e-7);
    EXPECT_LT(worst_cosine, 2e-7);
    // With E r² = 2 to 1e-8 these make the variances of the two normals 1 to 1e-7.
    EXPECT_NEAR(moments[0], 0.5, 3e-8);
    EXPECT_NEAR(moments[1], 0.5, 3e-8);
    EXPECT_NEAR(moments[2], 0.375, 5e-8);
    EXPECT_NEAR(moments[3], 0.375, 5e-8);
    EXPECT_NEAR(moments[4], 0.0, 1e-12);
    std::cout << "largest errors " << worst_sine << ' ' << worst_cosine << ", moments off by " << moments[0] - 0.5
              << ' ' << moments[1] - 0.5 << ' ' << moments[2] - 0.375 << ' ' << moments[3] - 0.375 << ' ' << moments[4]
              << '\n';
}

}  // namespace
}  // namespace stationary
