#include "kernels/cell_tables.h"

#include "kernels/noise_purpose.h"

#include <stdexcept>
#include <string>

namespace stationary {
namespace {

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(std::string("cell program: ") + what);
}

/// The kernels skip what lies right of the diagonal block.
bool lower_triangular(const std::vector<double>& table, std::size_t d) {
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = i + 1; j < d; ++j) {
            if (table[i * d + j] != 0.0) return false;
        }
    }
    return true;
}

}  // namespace

void check_program(const CellProgram& program) {
    const auto d = static_cast<std::size_t>(program.dimension);
    require(program.dimension >= 1 && program.dimension <= max_dimension, "dimension outside 1 to 32");
    require(program.initial.size() == d && program.centre.size() == d && program.scale.size() == d,
            "initial, centre and scale need d numbers each");
    require(program.burn_in >= 0 && program.stride >= 1 && program.draws >= 1 && program.shard_chains >= 1,
            "burn_in, stride, draws or shard size out of range");
    require(program.batch_size >= 1, "batch_size below 1");
    if (program.oracle == Oracle::least_squares) {
        const auto n = static_cast<std::size_t>(program.training_points);
        require(program.stepper == Stepper::sgd, "langevin takes the quadratic oracle");
        require(program.training_points >= 1 && program.training_points <= INT64_C(0x7fffffff),
                "number of training points");
        require(program.features.size() == n * d && program.residuals.size() == n && program.ridge_gradient.size() == d,
                "features, residuals or ridge gradient of the wrong size");
    } else {
        require(program.hessian.size() == d * d && program.noise_factor.size() == d * d,
                "hessian or noise factor not d x d");
        require(lower_triangular(program.noise_factor, d), "noise factor not lower triangular");
    }
    const long double steps = static_cast<long double>(program.burn_in) +
                              static_cast<long double>(program.draws - 1) * static_cast<long double>(program.stride);
    require(steps < 0x1p62L, "too many steps");
    const long double words = steps * static_cast<long double>(program.batch_size) * program.dimension;
    require(words < 0x1p58L, "a chain would use up its stream of random words");
}

template <class Scalar>
CellTables<Scalar>::CellTables(const CellProgram& p, int padded_dimension) {
    check_program(p);
    const auto d = static_cast<std::size_t>(p.dimension);
    const auto padded = static_cast<std::size_t>(padded_dimension);
    const auto n = static_cast<std::size_t>(p.training_points);
    const bool data_set = p.oracle == Oracle::least_squares;
    require(padded >= d, "padded dimension below the dimension");

    features_ = append(p.features, data_set ? n : 0, d, data_set ? n : 0, padded);
    residuals_ = append(p.residuals, data_set ? n : 0, 1, data_set ? n : 0, 1);
    hessian_ = append(p.hessian, data_set ? 0 : d, d, padded, padded);
    noise_factor_ = append(p.noise_factor, data_set ? 0 : d, d, padded, padded);
    ridge_gradient_ = append(p.ridge_gradient, data_set ? d : 0, 1, padded, 1);
    initial_ = append(p.initial, d, 1, padded, 1);
    centre_ = append(p.centre, d, 1, padded, 1);
    scale_ = append(p.scale, d, 1, padded, 1);

    scalars_.step_size = static_cast<Scalar>(p.step_size);
    scalars_.momentum = static_cast<Scalar>(p.momentum);
    scalars_.gradient_weight = static_cast<Scalar>(p.gradient_weight);
    scalars_.direct_weight = static_cast<Scalar>(p.direct_weight);
    scalars_.velocity_weight = static_cast<Scalar>(p.velocity_weight);
    scalars_.inverse_batch_size = static_cast<Scalar>(1.0 / static_cast<double>(p.batch_size));
    scalars_.ridge = static_cast<Scalar>(p.ridge);
    scalars_.batch_size = p.batch_size;
    scalars_.training_points = static_cast<std::uint32_t>(p.training_points);
    scalars_.dimension = p.dimension;
    scalars_.key = p.key;
    scalars_.burn_in = p.burn_in;
    scalars_.stride = p.stride;
    scalars_.draws = p.draws;
}

template <class Scalar>
std::size_t CellTables<Scalar>::append(const std::vector<double>& table, std::size_t rows, std::size_t columns,
                                       std::size_t padded_rows, std::size_t padded_columns) {
    const std::size_t start = values_.size();
    values_.resize(start + padded_rows * padded_columns, Scalar(0));
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            values_[start + row * padded_columns + column] = static_cast<Scalar>(table[row * columns + column]);
        }
    }
    constexpr std::size_t aligned = 16;  // every table starts at a multiple of 64 bytes: rows may be read as vectors
    values_.resize((values_.size() + aligned - 1) / aligned * aligned, Scalar(0));
    return start;
}

template <class Scalar>
ChainArgs<Scalar> CellTables<Scalar>::args(const Scalar* base) const {
    ChainArgs<Scalar> a = scalars_;
    a.hessian = base + hessian_;
    a.noise_factor = base + noise_factor_;
    a.features = base + features_;
    a.residuals = base + residuals_;
    a.ridge_gradient = base + ridge_gradient_;
    a.initial = base + initial_;
    a.centre = base + centre_;
    a.scale = base + scale_;
    return a;
}

template class CellTables<float>;
template class CellTables<double>;

}  // namespace stationary
