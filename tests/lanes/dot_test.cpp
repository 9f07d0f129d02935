#include "kernels/lanes/dot.h"

#include "kernels/chain/wide_vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace stationary {
namespace {

template <class Real>
std::vector<Real> random_numbers(std::size_t count, unsigned seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal;
    std::vector<Real> numbers(count);
    for (Real& number : numbers) number = static_cast<Real>(normal(generator));
    return numbers;
}

/// The documented order in plain words: running sum k takes i = k, k + 4, …; then (s0 + s2) + (s1 + s3).
template <class Real>
Real documented_order(const std::vector<Real>& a, const std::vector<Real>& x) {
    Real sum[4]{};
    for (std::size_t i = 0; i < a.size(); ++i) sum[i % 4] = i < 4 ? a[i] * x[i] : std::fma(a[i], x[i], sum[i % 4]);
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

template <int D, class Real>
Real padded_dot(const std::vector<Real>& a, const std::vector<Real>& x) {
    Real row[D]{};
    Real column[D]{};
    for (std::size_t i = 0; i < a.size(); ++i) {
        row[i] = a[i];
        column[i] = x[i];
    }
    return dot<D>(&row[0], column);
}

template <int D, class Real>
void expect_documented_order(std::size_t dimension, unsigned seed) {
    const auto a = random_numbers<Real>(dimension, seed);
    const auto x = random_numbers<Real>(dimension, seed + 1000);
    const Real result = padded_dot<D>(a, x);
    const Real expected = documented_order(a, x);
    EXPECT_EQ(result, expected) << "d = " << dimension << " padded to " << D;
}

template <int D, class Real>
void expect_every_dimension_up_to_padding() {
    for (std::size_t dimension = 1; dimension <= D; ++dimension) {
        for (unsigned seed = 0; seed < 20; ++seed) expect_documented_order<D, Real>(dimension, seed);
    }
}

TEST(Dot, order_is_as_documented_and_padding_changes_nothing) {
    expect_every_dimension_up_to_padding<1, float>();
    expect_every_dimension_up_to_padding<2, float>();
    expect_every_dimension_up_to_padding<4, float>();
    expect_every_dimension_up_to_padding<8, float>();
    expect_every_dimension_up_to_padding<12, float>();
    expect_every_dimension_up_to_padding<16, float>();
    expect_every_dimension_up_to_padding<24, float>();
    expect_every_dimension_up_to_padding<32, float>();
}

TEST(Dot, order_is_the_same_in_double) {
    expect_every_dimension_up_to_padding<1, double>();
    expect_every_dimension_up_to_padding<4, double>();
    expect_every_dimension_up_to_padding<12, double>();
    expect_every_dimension_up_to_padding<32, double>();
}

/// The order matters: a plain left-to-right sum gives other bits for most vectors, so the tests above can fail.
TEST(Dot, another_order_gives_other_bits) {
    int different = 0;
    for (unsigned seed = 0; seed < 100; ++seed) {
        const auto a = random_numbers<float>(10, seed);
        const auto x = random_numbers<float>(10, seed + 1000);
        float plain = 0.0F;
        for (std::size_t i = 0; i < a.size(); ++i) plain = std::fma(a[i], x[i], plain);
        different += plain != documented_order(a, x) ? 1 : 0;
    }
    EXPECT_GT(different, 40);
}

TEST(Multiply, rows_beyond_the_dimension_are_zero) {
    constexpr int padded = 8;
    constexpr int dimension = 5;
    const auto table =
        random_numbers<float>(padded * padded, 3);  // its padding is not zero: rows must not be read there
    const auto numbers = random_numbers<float>(dimension, 4);
    float x[padded]{};
    for (std::size_t i = 0; i < dimension; ++i) x[i] = numbers[i];
    float y[padded];
    multiply(table.data(), dimension, x, y);
    for (int i = 0; i < dimension; ++i) {
        const std::vector<float> row(table.begin() + i * padded, table.begin() + i * padded + dimension);
        EXPECT_EQ(y[i], documented_order(row, numbers));
    }
    for (int i = dimension; i < padded; ++i) EXPECT_EQ(y[i], 0.0F);
}

template <int D>
void expect_triangular_product(int dimension) {
    auto table = random_numbers<float>(D * D, 5);
    for (int i = 0; i < D; ++i) {
        for (int j = 0; j < D; ++j) {
            if (j > i || i >= dimension || j >= dimension) table[static_cast<std::size_t>(i * D + j)] = 0.0F;
        }
    }
    const auto numbers = random_numbers<float>(D, 6);  // noise beyond the dimension is not zero
    float x[D];
    for (std::size_t i = 0; i < D; ++i) x[i] = numbers[i];
    float full[D];
    float triangular[D];
    multiply(table.data(), dimension, x, full);
    multiply_lower_triangular(table.data(), dimension, x, triangular);
    for (int i = 0; i < D; ++i)
        EXPECT_EQ(triangular[i], full[i]) << "D = " << D << ", d = " << dimension << ", row " << i;
}

template <int D>
void expect_diagonal_product(int dimension) {
    const auto diagonal = random_numbers<float>(D, 7);
    std::vector<float> table(D * D, 0.0F);
    for (std::size_t i = 0; i < static_cast<std::size_t>(dimension); ++i) table[i * D + i] = diagonal[i];
    const auto numbers = random_numbers<float>(D, 8);
    float x[D];
    for (std::size_t i = 0; i < D; ++i) x[i] = numbers[i];
    float full[D];
    float short_cut[D];
    multiply(table.data(), dimension, x, full);
    multiply_diagonal(table.data(), x, short_cut);
    for (int i = 0; i < D; ++i)
        EXPECT_EQ(short_cut[i], full[i]) << "D = " << D << ", d = " << dimension << ", row " << i;
}

TEST(Multiply, a_diagonal_needs_its_own_entries_only) {
    for (int d = 1; d <= 32; ++d) expect_diagonal_product<32>(d);
    for (int d = 1; d <= 12; ++d) expect_diagonal_product<12>(d);
    for (int d = 1; d <= 2; ++d) expect_diagonal_product<2>(d);
}

TEST(Multiply, leaving_out_the_zeros_of_a_lower_triangle_changes_nothing) {
    for (int d = 1; d <= 32; ++d) expect_triangular_product<32>(d);
    for (int d = 1; d <= 24; ++d) expect_triangular_product<24>(d);
    for (int d = 1; d <= 12; ++d) expect_triangular_product<12>(d);
    for (int d = 1; d <= 8; ++d) expect_triangular_product<8>(d);
    for (int d = 1; d <= 4; ++d) expect_triangular_product<4>(d);
    for (int d = 1; d <= 2; ++d) expect_triangular_product<2>(d);
    expect_triangular_product<1>(1);
}

/// Of 2⁻²⁴ and 1 the sum is 1 in float, of twice 2⁻²⁴ and 1 it is more: which terms meet first shows.
TEST(WideDot, lanes_take_every_32nd_quad_and_are_joined_in_a_butterfly) {
    const auto sum_of = [](const std::vector<float>& a) {
        const std::vector<float> ones(a.size(), 1.0F);
        return SoloTeam<float>().dot<float>(static_cast<int>(a.size() / 4),
                                            [&](int q, float(&left)[4], float(&right)[4]) {
                                                read_quad(a.data(), q, left);
                                                read_quad(ones.data(), q, right);
                                            });
    };
    const auto with = [&](std::vector<std::size_t> tiny_places, std::size_t one_place) {
        std::vector<float> a(4 * 80, 0.0F);
        for (const std::size_t place : tiny_places) a[place] = 0x1p-24F;
        a[one_place] = 1.0F;
        return sum_of(a);
    };
    const float more = 1.0F + 0x1p-23F;
    EXPECT_EQ(with({0, 128}, 1), more) << "places 0 of quads 0 and 32: one running sum";
    EXPECT_EQ(with({0, 4}, 128), 1.0F) << "quads 0 and 1 are of different lanes; 1 and the first meet in the lane";
    EXPECT_EQ(with({0, 2}, 1), more) << "running sums 0 and 2 are joined first";
    EXPECT_EQ(with({0, 1}, 2), 1.0F);
    EXPECT_EQ(with({0, 64}, 32), more) << "lanes 0 and 16 are joined before lane 8";
    EXPECT_EQ(with({0, 32}, 64), 1.0F);
    EXPECT_EQ(with({0, 32}, 16), more) << "lanes 0 and 8 before lane 4";
    EXPECT_EQ(with({0, 16}, 8), more) << "lanes 0 and 4 before lane 2";
    EXPECT_EQ(with({0, 8}, 4), more) << "lanes 0 and 2 before lane 1";
    EXPECT_EQ(sum_of(std::vector<float>(36, 1.0F)), 36.0F);
}

/// A team whose tables are column-major and whose running sums are made all at once.
struct ColumnTeam {
    static constexpr TableOrder tables = TableOrder::columns;
    static constexpr int sums_at_once = 4;
};

TEST(MultiplyQuad, gives_the_rows_of_multiply) {
    constexpr int D = 32;
    const auto table = random_numbers<float>(D * D, 21);
    const auto x = random_numbers<float>(D, 22);
    float numbers[D];
    std::copy(x.begin(), x.end(), numbers);
    float expected[D];
    multiply(table.data(), D, numbers, expected);
    std::vector<float> columns(table.size());
    for (std::size_t i = 0; i < D; ++i)
        for (std::size_t j = 0; j < D; ++j) columns[j * D + i] = table[i * D + j];
    for (int quad = 0; quad < D / 4; ++quad) {
        float by_rows[4];
        float by_columns[4];
        multiply_quad<SoloTeam<float>>(table.data(), D, quad, D / 4, x.data(), by_rows);
        multiply_quad<ColumnTeam>(columns.data(), D, quad, D / 4, x.data(), by_columns);
        for (int r = 0; r < 4; ++r) {
            EXPECT_EQ(by_rows[r], expected[4 * quad + r]);
            EXPECT_EQ(by_columns[r], expected[4 * quad + r]);
        }
    }
}

}  // namespace
}  // namespace stationary
