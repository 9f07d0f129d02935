#include "kernels/moments/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace stationary {
namespace {

template <class Scalar>
class FixedPointTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(FixedPointTest, Scalars);

constexpr double limit = fixed_point_limit;

template <class Scalar>
std::int32_t value_of(double x) {
    return to_fixed_point(static_cast<Scalar>(x), Scalar(0), Scalar(1)).value;
}

TYPED_TEST(FixedPointTest, ties_go_to_even) {
    using Scalar = TypeParam;
    EXPECT_EQ(value_of<Scalar>(0.5), 0);
    EXPECT_EQ(value_of<Scalar>(1.5), 2);
    EXPECT_EQ(value_of<Scalar>(2.5), 2);
    EXPECT_EQ(value_of<Scalar>(-0.5), 0);
    EXPECT_EQ(value_of<Scalar>(-1.5), -2);
    EXPECT_EQ(value_of<Scalar>(-2.5), -2);
    EXPECT_EQ(value_of<Scalar>(4194303.5), 4194304);
    EXPECT_EQ(value_of<Scalar>(4194304.5), 4194304);
    EXPECT_EQ(value_of<Scalar>(8388607.5), 8388608);
    EXPECT_EQ(value_of<Scalar>(-8388607.5), -8388608);
}

/// Against the C library's rounding to nearest even, over the whole range.
TYPED_TEST(FixedPointTest, rounds_to_nearest) {
    using Scalar = TypeParam;
    std::mt19937_64 generator(11);
    std::uniform_real_distribution<double> exponent(-6.0, 24.0);
    for (int i = 0; i < 200000; ++i) {
        const auto x = static_cast<Scalar>(std::exp2(exponent(generator)) * ((generator() & 1U) != 0 ? 1.0 : -1.0));
        if (std::abs(x) > static_cast<Scalar>(limit)) continue;
        const FixedPoint q = to_fixed_point(x, Scalar(0), Scalar(1));
        ASSERT_EQ(q.value, static_cast<std::int32_t>(std::nearbyint(x))) << x;
        ASSERT_TRUE(q.finite);
        ASSERT_FALSE(q.saturated);
    }
}

TYPED_TEST(FixedPointTest, centre_and_scale) {
    using Scalar = TypeParam;
    const FixedPoint q = to_fixed_point(Scalar(1.75), Scalar(-2.5), Scalar(1024));
    EXPECT_EQ(q.value, 4352);
    EXPECT_EQ(to_fixed_point(Scalar(-2.5), Scalar(-2.5), Scalar(1024)).value, 0);
}

TYPED_TEST(FixedPointTest, clamps_and_says_so) {
    using Scalar = TypeParam;
    const auto expect = [](double x, std::int32_t value, bool saturated) {
        const FixedPoint q = to_fixed_point(static_cast<Scalar>(x), Scalar(0), Scalar(1));
        EXPECT_EQ(q.value, value) << x;
        EXPECT_EQ(q.saturated, saturated) << x;
        EXPECT_TRUE(q.finite) << x;
    };
    for (const double sign : {1.0, -1.0}) {
        const auto s = static_cast<std::int32_t>(sign);
        expect(sign * (limit - 1), s * (fixed_point_limit - 1), false);
        expect(sign * limit, s * fixed_point_limit, false);
        expect(sign * (limit + 1), s * fixed_point_limit, true);
        expect(sign * 0x1p31, s * fixed_point_limit, true);
        expect(sign * 0x1p62, s * fixed_point_limit, true);
        expect(sign * static_cast<double>(std::numeric_limits<float>::max()), s * fixed_point_limit, true);
    }
}

TYPED_TEST(FixedPointTest, a_finite_number_whose_scaled_value_overflows_is_saturated) {
    using Scalar = TypeParam;
    const Scalar largest = std::numeric_limits<Scalar>::max();
    for (const Scalar x : {largest, -largest}) {
        const FixedPoint scaled = to_fixed_point(x, Scalar(0), Scalar(1024));
        EXPECT_TRUE(scaled.finite && scaled.saturated);
        EXPECT_EQ(scaled.value, x > 0 ? fixed_point_limit : -fixed_point_limit);
        const FixedPoint shifted = to_fixed_point(x, -x, Scalar(1));
        EXPECT_TRUE(shifted.finite && shifted.saturated);
        EXPECT_EQ(shifted.value, x > 0 ? fixed_point_limit : -fixed_point_limit);
    }
}

TYPED_TEST(FixedPointTest, nan_and_infinity_are_zero_and_not_finite) {
    using Scalar = TypeParam;
    const Scalar infinity = std::numeric_limits<Scalar>::infinity();
    const Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
    for (const Scalar x : {infinity, -infinity, nan, -nan}) {
        const FixedPoint q = to_fixed_point(x, Scalar(0), Scalar(1));
        EXPECT_EQ(q.value, 0);
        EXPECT_FALSE(q.finite);
        EXPECT_FALSE(q.saturated);
    }
}

TYPED_TEST(FixedPointTest, subnormals_and_zeros_are_zero) {
    using Scalar = TypeParam;
    const Scalar smallest = std::numeric_limits<Scalar>::denorm_min();
    for (const Scalar x : {smallest, -smallest, std::numeric_limits<Scalar>::min(), Scalar(0), Scalar(-0.0)}) {
        const FixedPoint q = to_fixed_point(x, Scalar(0), Scalar(1));
        EXPECT_EQ(q.value, 0);
        EXPECT_TRUE(q.finite);
        EXPECT_FALSE(q.saturated);
    }
    // Subnormals are kept, not flushed: scaled up they count.
    EXPECT_EQ(to_fixed_point(Scalar(3) * smallest, Scalar(0), std::ldexp(Scalar(1), 100)).value, 0);
    const int up = sizeof(Scalar) == 4 ? 127 : 1023;
    const Scalar large_subnormal = std::numeric_limits<Scalar>::min() / 2;
    EXPECT_EQ(to_fixed_point(large_subnormal, Scalar(0), std::ldexp(Scalar(1), up)).value, 1);
}

/// One draw, as a GPU thread makes it, and in the outer lanes of a pack of three whose middle lane holds other numbers:
/// lanes do not mix.
struct Draw {
    std::int32_t value[4];
    std::int64_t velocity_square;
    bool finite;
    bool saturated;
    bool operator==(const Draw&) const = default;
};

template <int Lanes>
Draw lane_of(const FixedPointDraws<4, Lanes>& draws, int lane) {
    Draw draw{{}, draws.velocity_square[lane], draws.finite[lane] != 0, draws.saturated[lane] != 0};
    for (int i = 0; i < 4; ++i) draw.value[i] = draws.value[i][lane];
    return draw;
}

template <class Scalar>
Draw draw_of(const std::vector<Scalar>& x, const std::vector<Scalar>& v = std::vector<Scalar>(3)) {
    const std::vector<Scalar> centre{Scalar(0), Scalar(1), Scalar(2), Scalar(0)};
    const std::vector<Scalar> scale{Scalar(1), Scalar(2), Scalar(4), Scalar(1)};
    ChainArgs<Scalar> args{};
    args.centre = centre.data();
    args.scale = scale.data();
    args.velocity_scale = Scalar(8);
    const auto component = [](const std::vector<Scalar>& numbers, int i) {
        return i < 3 ? numbers[static_cast<std::size_t>(i)] : Scalar(0);
    };
    FixedPointDraws<4, 1> alone;
    to_fixed_point_draws<true>(
        args, [&](int i, int) { return component(x, i); }, [&](int i, int) { return component(v, i); },
        [](int) { return Scalar(0); }, alone);
    FixedPointDraws<4, 3> pack;
    const Scalar other = std::numeric_limits<Scalar>::infinity();
    to_fixed_point_draws<true>(
        args, [&](int i, int lane) { return lane == 1 ? other : component(x, i); },
        [&](int i, int lane) { return lane == 1 ? other : component(v, i); }, [](int) { return Scalar(0); }, pack);
    EXPECT_EQ(lane_of(pack, 0), lane_of(alone, 0));
    EXPECT_EQ(lane_of(pack, 2), lane_of(alone, 0));
    EXPECT_FALSE(lane_of(pack, 1).finite);
    return lane_of(alone, 0);
}

void expect_nothing(const Draw& draw) {
    EXPECT_FALSE(draw.finite);
    EXPECT_FALSE(draw.saturated);
    EXPECT_EQ(draw.velocity_square, 0);
    for (const std::int32_t value : draw.value) EXPECT_EQ(value, 0);
}

TYPED_TEST(FixedPointTest, one_bad_component_makes_the_whole_draw_zero) {
    using Scalar = TypeParam;
    const auto good = draw_of<Scalar>({Scalar(5), Scalar(6), Scalar(7)});
    EXPECT_TRUE(good.finite);
    EXPECT_FALSE(good.saturated);
    EXPECT_EQ(good.value[0], 5);
    EXPECT_EQ(good.value[1], 10);
    EXPECT_EQ(good.value[2], 20);
    const Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
    expect_nothing(draw_of<Scalar>({Scalar(5), nan, Scalar(0x1p30)}, {Scalar(1), Scalar(2), Scalar(3)}));
    const auto clamped = draw_of<Scalar>({Scalar(5), Scalar(6), Scalar(-0x1p30)});
    EXPECT_TRUE(clamped.finite && clamped.saturated);
    EXPECT_EQ(clamped.value[2], -fixed_point_limit);
}

TYPED_TEST(FixedPointTest, velocities_have_their_own_scale_and_no_centre) {
    using Scalar = TypeParam;
    const auto draw = draw_of<Scalar>({Scalar(0), Scalar(0), Scalar(0)}, {Scalar(0.5), Scalar(-3), Scalar(1.0625)});
    EXPECT_TRUE(draw.finite);
    EXPECT_FALSE(draw.saturated);
    EXPECT_EQ(draw.velocity_square, 4 * 4 + 24 * 24 + 8 * 8);  // 8.5 goes to even
    EXPECT_EQ(draw.value[1], -2);
}

TYPED_TEST(FixedPointTest, a_bad_or_clamped_velocity_counts_as_a_position_does) {
    using Scalar = TypeParam;
    const std::vector<Scalar> x{Scalar(5), Scalar(6), Scalar(7)};
    expect_nothing(draw_of<Scalar>(x, {Scalar(1), std::numeric_limits<Scalar>::infinity(), Scalar(0)}));
    const auto clamped = draw_of<Scalar>(x, {Scalar(0x1p22), Scalar(-0x1p30), Scalar(-0x1p22)});
    EXPECT_TRUE(clamped.finite && clamped.saturated);
    EXPECT_EQ(clamped.value[2], 20);
    EXPECT_EQ(clamped.velocity_square, std::int64_t{3} * fixed_point_limit * fixed_point_limit);
}

}  // namespace
}  // namespace stationary
