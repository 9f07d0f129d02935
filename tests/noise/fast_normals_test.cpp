#include "kernels/noise/fast_normals.h"

#include "kernels/chain/cell_tables.h"
#include "kernels/noise/noise_stream.h"
#include "kernels/noise/normals.h"
#include "tests/kernel_support/chain_programs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace stationary {
namespace {

// On the host the C library stands in for the GPU's approximations: what is tested here is the map that they are put
// together to, and what goes with it. cuda_backend_test.cpp runs the kernels.

TEST(FastNormals, are_box_mullers) {
    std::mt19937 words(11);
    for (int i = 0; i < 100000; ++i) {
        const auto w = static_cast<std::uint32_t>(words());
        const auto a = static_cast<std::uint32_t>(words());
        float first, second;
        fast_box_muller(w, a, first, second);
        const double radius = std::sqrt(-2.0 * std::log((w + 0.5) * 0x1p-32));
        const double angle = static_cast<std::int32_t>(a) * (M_PI * 0x1p-31);
        // The argument of the logarithm is rounded to 24 bits, which shows where the radius is small.
        const double tolerance = 3e-6 + 2e-7 / radius;
        ASSERT_NEAR(first * fast_normal_unit, radius * std::cos(angle), tolerance) << w << " " << a;
        ASSERT_NEAR(second * fast_normal_unit, radius * std::sin(angle), tolerance) << w << " " << a;
    }
}

TEST(FastNormals, are_finite_at_every_edge) {
    for (const std::uint32_t w : {0U, 1U, 0x7fffffffU, 0xffffff00U, 0xffffffffU}) {
        for (const std::uint32_t a : {0U, 1U, 0x40000000U, 0x80000000U, 0xffffffffU}) {
            float first, second;
            fast_box_muller(w, a, first, second);
            EXPECT_TRUE(std::isfinite(first) && std::isfinite(second)) << w << " " << a;
        }
    }
}

/// Of 2²⁴ normals the mean has a standard error of 2⁻¹², the variance one of √2·2⁻¹², the fourth moment one of
/// √96·2⁻¹²; 4.5 of them: a false alarm in 1e5 for each.
TEST(FastNormals, of_a_stream_have_the_moments_of_a_normal_law) {
    using Lanes = ScalarLanes<float, NormalMap::fast>;
    NormalStream<Lanes> stream(2024, 7, NoisePurpose::gradient_noise, 0);
    constexpr int count = 1 << 24;
    double sum = 0.0, squares = 0.0, fourth_powers = 0.0;
    for (int i = 0; i < count; i += 4) {
        float normals[4];
        stream.next(normals, 4);
        for (const float normal : normals) {
            const double z = normal * fast_normal_unit;
            sum += z;
            squares += z * z;
            fourth_powers += z * z * z * z;
        }
    }
    EXPECT_NEAR(sum / count, 0.0, 4.5 * 0x1p-12);
    EXPECT_NEAR(squares / count, 1.0, 4.5 * std::sqrt(2.0) * 0x1p-12);
    EXPECT_NEAR(fourth_powers / count, 3.0, 4.5 * std::sqrt(96.0) * 0x1p-12);
}

/// The tables make up for the unit.
TEST(FastNormals, are_multiplied_by_what_they_lack) {
    CellProgram program = chain_programs::gaussian_regression(2, 1, chain_programs::Momentum::none);
    const CellTables<float> reproducible(program, 2);
    program.fast_normals = true;
    const CellTables<float> fast(program, 2);
    const ChainArgs<float> args = reproducible.args(reproducible.values().data());
    const ChainArgs<float> fast_args = fast.args(fast.values().data());
    EXPECT_FLOAT_EQ(fast_args.label_noise, static_cast<float>(fast_normal_unit * program.label_noise));
    for (int k = 0; k < 4; ++k) {
        EXPECT_FLOAT_EQ(fast_args.noise_factor[k], static_cast<float>(fast_normal_unit) * args.noise_factor[k]);
        EXPECT_EQ(fast_args.hessian[k], args.hessian[k]);
    }
}

}  // namespace
}  // namespace stationary
