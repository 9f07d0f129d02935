#include "kernels/chain/cell_tables.h"

#include "kernels/chain/compiled_dimension.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/chain_programs.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace stationary {
namespace {

using chain_programs::Momentum;

template <class Scalar>
class CellTablesTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(CellTablesTest, Scalars);

/// table[row][column] of `source` (rows × columns) in a padded table, zero outside.
template <class Scalar>
void expect_padded(const Scalar* table, const std::vector<double>& source, int rows, int columns, int padded_rows,
                   int padded_columns) {
    for (int row = 0; row < padded_rows; ++row) {
        for (int column = 0; column < padded_columns; ++column) {
            const bool inside = row < rows && column < columns;
            const double expected = inside ? source[static_cast<std::size_t>(row * columns + column)] : 0.0;
            ASSERT_EQ(table[row * padded_columns + column], static_cast<Scalar>(expected)) << row << ' ' << column;
        }
    }
}

TYPED_TEST(CellTablesTest, quadratic_tables_are_rounded_and_padded_with_zeros) {
    const CellProgram p = chain_programs::quadratic(5, 3, Momentum::nesterov);
    const CellTables<TypeParam> tables(p, 8);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    expect_padded(args.hessian, p.hessian, 5, 5, 8, 8);
    expect_padded(args.noise_factor, p.noise_factor, 5, 5, 8, 8);
    expect_padded(args.initial, p.initial, 5, 1, 8, 1);
    expect_padded(args.centre, p.centre, 5, 1, 8, 1);
    expect_padded(args.scale, p.scale, 5, 1, 8, 1);
}

TYPED_TEST(CellTablesTest, data_set_tables_are_rounded_and_padded_with_zeros) {
    const CellProgram p = chain_programs::least_squares(10, 7, 2, Momentum::none);
    const CellTables<TypeParam> tables(p, 12);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    EXPECT_TRUE(args.residual_in_row);
    std::vector<double> rows;  // the last padding column holds the residuals
    for (std::size_t n = 0; n < 7; ++n) {
        rows.insert(rows.end(), p.features.begin() + 10 * n, p.features.begin() + 10 * (n + 1));
        rows.insert(rows.end(), {0.0, p.residuals[n]});
    }
    expect_padded(args.features, rows, 7, 12, 7, 12);
    expect_padded(args.ridge_gradient, p.ridge_gradient, 10, 1, 12, 1);
    expect_padded(args.hessian, {}, 0, 0, 12, 12);
}

TYPED_TEST(CellTablesTest, diagonal_tables_are_marked_as_such) {
    const auto marks = [](const CellProgram& p) {
        const CellTables<TypeParam> tables(p, 4);
        const ChainArgs<TypeParam> args = tables.args(tables.values().data());
        return std::pair(args.diagonal_hessian, args.diagonal_noise_factor);
    };
    const CellProgram dense = chain_programs::quadratic(3, 2, Momentum::none);
    CellProgram p = chain_programs::diagonal(dense);
    EXPECT_EQ(marks(dense), std::pair(false, false));
    EXPECT_EQ(marks(p), std::pair(true, true));
    p.hessian[2] = 1e-300;  // rounded to zero in float, and yet not a zero
    EXPECT_EQ(marks(p), std::pair(false, true));
    p.noise_factor = dense.noise_factor;
    EXPECT_EQ(marks(p), std::pair(false, false));
}

TYPED_TEST(CellTablesTest, residuals_have_their_own_table_where_rows_have_no_room) {
    const CellProgram p = chain_programs::least_squares(12, 7, 2, Momentum::none);
    const CellTables<TypeParam> tables(p, 12);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    EXPECT_FALSE(args.residual_in_row);
    expect_padded(args.features, p.features, 7, 12, 7, 12);
    expect_padded(args.residuals, p.residuals, 7, 1, 7, 1);
}

TYPED_TEST(CellTablesTest, rows_of_a_data_set_may_lie_farther_apart) {
    const CellProgram p = chain_programs::least_squares(7, 5, 2, Momentum::none);
    const CellTables<TypeParam> tables(p, 8, 12);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    ASSERT_TRUE(args.residual_in_row);
    for (std::size_t row = 0; row < 5; ++row) {
        for (std::size_t i = 0; i < 7; ++i) {
            EXPECT_EQ(args.features[12 * row + i], static_cast<TypeParam>(p.features[7 * row + i]));
        }
        EXPECT_EQ(args.features[12 * row + 7], static_cast<TypeParam>(p.residuals[row]));
        for (std::size_t i = 8; i < 12; ++i) EXPECT_EQ(args.features[12 * row + i], TypeParam(0));
    }
    EXPECT_THROW(CellTables<TypeParam>(p, 8, 7), std::invalid_argument);
}

TYPED_TEST(CellTablesTest, residuals_and_step_weights_are_rounded_and_padded_with_zeros) {
    const CellProgram p = chain_programs::weighted_sum(chain_programs::finite_quadratic(3, 7, 2, Momentum::none));
    const CellTables<TypeParam> tables(p, 4);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    const int steps = static_cast<int>(p.steps());
    expect_padded(args.hessian, p.hessian, 3, 3, 4, 4);
    expect_padded(args.gradient_residuals, p.gradient_residuals, 7, 3, 7, 4);
    ASSERT_NE(args.step_weights, nullptr);
    expect_padded(args.step_weights, p.step_weights, steps, 1, steps, 1);
    EXPECT_LE(args.step_weights + steps, tables.values().data() + tables.values().size());
    EXPECT_TRUE(args.frozen);
    EXPECT_EQ(CellTables<TypeParam>(chain_programs::langevin(3), 4).args(nullptr).step_weights, nullptr);
}

TYPED_TEST(CellTablesTest, gaussian_regression_has_its_factor_and_label_noise) {
    const CellProgram p = chain_programs::gaussian_regression(5, 3, Momentum::none);
    const CellTables<TypeParam> tables(p, 8);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    expect_padded(args.noise_factor, p.noise_factor, 5, 5, 8, 8);
    EXPECT_EQ(args.label_noise, static_cast<TypeParam>(p.label_noise));
    EXPECT_FALSE(args.frozen);
}

TYPED_TEST(CellTablesTest, numbers_are_rounded_and_counts_kept) {
    CellProgram p = chain_programs::least_squares(3, 7, 3, Momentum::nesterov);
    p.gradient_weight = 0.3;
    p.sampling = BatchSampling::reshuffle;
    p.burn_in = std::int64_t{1} << 33;
    const CellTables<TypeParam> tables(p, 4);
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    EXPECT_EQ(args.step_size, static_cast<TypeParam>(p.step_size));
    EXPECT_EQ(args.momentum, static_cast<TypeParam>(p.momentum));
    EXPECT_EQ(args.gradient_weight, static_cast<TypeParam>(0.3));
    EXPECT_EQ(args.direct_weight, TypeParam(1));
    EXPECT_EQ(args.velocity_weight, static_cast<TypeParam>(p.velocity_weight));
    EXPECT_EQ(args.inverse_batch_size, static_cast<TypeParam>(1.0 / 3.0));
    EXPECT_EQ(args.ridge, static_cast<TypeParam>(p.ridge));
    EXPECT_EQ(args.velocity_scale, static_cast<TypeParam>(p.velocity_scale));
    EXPECT_EQ(args.sampling, BatchSampling::reshuffle);
    EXPECT_EQ(args.batch_size, 3);
    EXPECT_EQ(args.training_points, 7U);
    EXPECT_EQ(args.dimension, 3);
    EXPECT_EQ(args.key, p.key);
    EXPECT_EQ(args.burn_in, std::int64_t{1} << 33);
    EXPECT_EQ(args.stride, p.stride);
    EXPECT_EQ(args.draws, p.draws);
}

TYPED_TEST(CellTablesTest, every_table_starts_at_a_multiple_of_sixteen_numbers) {
    for (const CellProgram& p :
         {chain_programs::weighted_sum(chain_programs::least_squares(3, 7, 3, Momentum::none)),
          chain_programs::weighted_sum(chain_programs::finite_quadratic(3, 7, 3, Momentum::none))}) {
        const CellTables<TypeParam> tables(p, 4);
        const TypeParam* base = tables.values().data();
        const ChainArgs<TypeParam> args = tables.args(base);
        for (const TypeParam* table :
             {args.hessian, args.noise_factor, args.features, args.residuals, args.gradient_residuals,
              args.ridge_gradient, args.initial, args.centre, args.scale, args.step_weights}) {
            EXPECT_EQ((table - base) % 16, 0);
            EXPECT_LT(table - base, static_cast<std::ptrdiff_t>(tables.values().size()));
        }
        // The same tables at another address.
        const std::vector<TypeParam> copy = tables.values();
        EXPECT_EQ(tables.args(copy.data()).scale - copy.data(), args.scale - base);
        EXPECT_EQ(tables.args(copy.data()).step_weights - copy.data(), args.step_weights - base);
    }
}

TYPED_TEST(CellTablesTest, are_counted_without_being_made) {
    for (const backend_contract::Model& model : backend_contract::models()) {
        const int padded = compiled_dimension(model.program.dimension);
        for (const int stride : {padded, padded + 4}) {
            const CellTables<TypeParam> tables(model.program, padded, stride);
            EXPECT_EQ(count_table_values(model.program, padded, stride), tables.values().size()) << model.name;
        }
    }
}

TYPED_TEST(CellTablesTest, of_a_million_training_points) {
    CellProgram p = chain_programs::least_squares(12, 9, 2, Momentum::none);
    p.training_points = 1000000;
    p.features.resize(12 * 1000000, 0.25);
    p.residuals.resize(1000000, -0.5);
    const CellTables<TypeParam> tables(p, 12);
    EXPECT_EQ(count_table_values(p, 12, 12), tables.values().size());
    const ChainArgs<TypeParam> args = tables.args(tables.values().data());
    EXPECT_EQ(args.training_points, 1000000u);
    EXPECT_EQ(args.features[12 * 1000000 - 1], TypeParam(0.25));
    EXPECT_EQ(args.residuals[1000000 - 1], TypeParam(-0.5));
}

template <class Spoil>
void expect_refused(CellProgram program, Spoil&& spoil) {
    EXPECT_NO_THROW(check_program(program));
    spoil(program);
    try {
        check_program(program);
        ADD_FAILURE() << "accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(CheckProgram, refuses_bad_counts) {
    const CellProgram good = chain_programs::quadratic(3, 2, Momentum::none);
    expect_refused(good, [](CellProgram& p) { p.dimension = 0; });
    expect_refused(good, [](CellProgram& p) { p.dimension = max_dimension + 1; });
    expect_refused(good, [](CellProgram& p) { p.dimension = -1; });
    expect_refused(good, [](CellProgram& p) { p.burn_in = -1; });
    expect_refused(good, [](CellProgram& p) { p.stride = 0; });
    expect_refused(good, [](CellProgram& p) { p.draws = 0; });
    expect_refused(good, [](CellProgram& p) { p.shard_chains = 0; });
    expect_refused(good, [](CellProgram& p) { p.batch_size = 0; });
}

TEST(CheckProgram, refuses_tables_of_the_wrong_size) {
    const CellProgram quadratic = chain_programs::quadratic(3, 2, Momentum::none);
    expect_refused(quadratic, [](CellProgram& p) { p.hessian.pop_back(); });
    expect_refused(quadratic, [](CellProgram& p) { p.noise_factor.push_back(0.0); });
    expect_refused(quadratic, [](CellProgram& p) { p.initial.pop_back(); });
    expect_refused(quadratic, [](CellProgram& p) { p.centre.pop_back(); });
    expect_refused(quadratic, [](CellProgram& p) { p.scale.clear(); });
    const CellProgram data_set = chain_programs::least_squares(3, 7, 2, Momentum::none);
    expect_refused(data_set, [](CellProgram& p) { p.features.pop_back(); });
    expect_refused(data_set, [](CellProgram& p) { p.residuals.pop_back(); });
    expect_refused(data_set, [](CellProgram& p) { p.ridge_gradient.pop_back(); });
    expect_refused(data_set, [](CellProgram& p) { p.training_points = 8; });
    expect_refused(data_set, [](CellProgram& p) { p.training_points = 0; });
    expect_refused(data_set, [](CellProgram& p) { p.stepper = Stepper::langevin; });
}

TEST(CheckProgram, refuses_tables_of_the_new_models_of_the_wrong_size) {
    const CellProgram finite = chain_programs::finite_quadratic(3, 7, 2, Momentum::none);
    expect_refused(finite, [](CellProgram& p) { p.hessian.pop_back(); });
    expect_refused(finite, [](CellProgram& p) { p.gradient_residuals.pop_back(); });
    expect_refused(finite, [](CellProgram& p) { p.training_points = 6; });
    expect_refused(finite, [](CellProgram& p) { p.training_points = 0; });
    expect_refused(finite, [](CellProgram& p) { p.stepper = Stepper::langevin; });
    const CellProgram streaming = chain_programs::gaussian_regression(3, 2, Momentum::none);
    expect_refused(streaming, [](CellProgram& p) { p.noise_factor.pop_back(); });
    expect_refused(streaming, [](CellProgram& p) { p.noise_factor[1] = 0.1; });
    expect_refused(streaming, [](CellProgram& p) { p.stepper = Stepper::langevin; });
}

TEST(CheckProgram, refuses_batches_that_the_sampling_cannot_make) {
    for (const BatchSampling sampling : {BatchSampling::without_replacement, BatchSampling::reshuffle}) {
        for (const CellProgram& model : {chain_programs::finite_quadratic(3, 7, 7, Momentum::none),
                                         chain_programs::least_squares(3, 7, 7, Momentum::none)}) {
            expect_refused(chain_programs::with_sampling(model, sampling), [](CellProgram& p) { p.batch_size = 8; });
        }
        for (const CellProgram& model : {chain_programs::quadratic(3, 2, Momentum::none),
                                         chain_programs::gaussian_regression(3, 2, Momentum::none)}) {
            expect_refused(model, [&](CellProgram& p) { p.sampling = sampling; });
        }
    }
    EXPECT_NO_THROW(check_program(chain_programs::finite_quadratic(3, 7, 8, Momentum::none)));
}

TEST(CheckProgram, refuses_any_number_of_weights_but_one_per_step) {
    const CellProgram weighted = chain_programs::weighted_sum(chain_programs::quadratic(3, 2, Momentum::none));
    expect_refused(weighted, [](CellProgram& p) { p.step_weights.pop_back(); });
    expect_refused(weighted, [](CellProgram& p) { p.step_weights.push_back(0.1); });
    expect_refused(weighted, [](CellProgram& p) { ++p.burn_in; });
}

/// A purpose has 2⁵⁸ words: steps·B·m must stay below, with m = d normals per training point, d + 1 with a label's.
TEST(CheckProgram, refuses_a_chain_that_would_use_up_its_words) {
    for (CellProgram p :
         {chain_programs::quadratic(4, 4, Momentum::none), chain_programs::gaussian_regression(3, 4, Momentum::none)}) {
        p.draws = 1;
        p.burn_in = (std::int64_t{1} << 54) - 1;
        EXPECT_NO_THROW(check_program(p));
        p.burn_in = std::int64_t{1} << 54;
        EXPECT_THROW(check_program(p), std::invalid_argument);
    }
}

TEST(CheckProgram, refuses_a_noise_factor_that_is_not_lower_triangular) {
    CellProgram p = chain_programs::quadratic(3, 4, Momentum::none);
    p.noise_factor[1] = 0.01;
    EXPECT_THROW(check_program(p), std::invalid_argument);
}

/// The product of draws and stride lies beyond 64 bits and wraps to a small number; it must not pass for one.
TEST(CheckProgram, refuses_weighted_sums_of_langevin_steps_and_bad_velocity_scales) {
    CellProgram p = chain_programs::langevin(2);
    p.frozen = true;
    EXPECT_THROW(check_program(p), std::invalid_argument);
    p = chain_programs::quadratic(2, 4, Momentum::none);
    p.velocity_scale = 0.0;
    EXPECT_THROW(check_program(p), std::invalid_argument);
    p.velocity_scale = std::nan("");
    EXPECT_THROW(check_program(p), std::invalid_argument);
}

// What an oracle does not read may be of any size: it is not copied.
TEST(CellTables, leaves_out_the_tables_that_the_oracle_does_not_read) {
    CellProgram p = chain_programs::quadratic(3, 4, Momentum::none);
    const std::size_t values = CellTables<float>(p, 4).values().size();
    p.features = {1.0};
    p.ridge_gradient = {1.0};
    p.gradient_residuals = {1.0};
    EXPECT_EQ(CellTables<float>(p, 4).values().size(), values);
    EXPECT_EQ(CellTables<float>(p, 4).values_of_every_step(), values);
    p.step_weights.assign(static_cast<std::size_t>(p.steps()), 0.5);
    EXPECT_EQ(CellTables<float>(p, 4).values_of_every_step(), values);
    EXPECT_GT(CellTables<float>(p, 4).values().size(), values);
}

TEST(CheckProgram, refuses_a_number_of_steps_beyond_64_bits) {
    CellProgram p = chain_programs::quadratic(2, 4, Momentum::none);
    p.stride = std::int64_t{1} << 40;
    p.draws = (std::int64_t{1} << 24) + 1;
    EXPECT_THROW(check_program(p), std::invalid_argument);
}

TEST(CompiledDimension, is_the_smallest_that_fits) {
    int previous = 0;
    for (const int compiled : compiled_dimensions) {
        for (int d = previous + 1; d <= compiled; ++d) {
            EXPECT_EQ(compiled_dimension(d), compiled);
            const int called = with_compiled_dimension(d, [](auto dimension) { return decltype(dimension)::value; });
            EXPECT_EQ(called, compiled);
        }
        previous = compiled;
    }
    EXPECT_EQ(previous, max_compiled_dimension);
    EXPECT_EQ(compiled_dimension(max_compiled_dimension + 1), 0);
    EXPECT_THROW(
        with_compiled_dimension(max_compiled_dimension + 1, [](auto dimension) { return decltype(dimension)::value; }),
        std::invalid_argument);
}

}  // namespace
}  // namespace stationary
