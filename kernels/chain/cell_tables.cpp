#include "kernels/chain/cell_tables.h"

#include "kernels/noise/fast_normals.h"
#include "kernels/noise/noise_purpose.h"

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

namespace {

void check_counts(const CellProgram& program) {
    require(program.dimension >= 1 && program.dimension <= max_dimension, "dimension outside 1 to 1024");
    require(program.burn_in >= 0 && program.stride >= 1 && program.draws >= 1 && program.shard_chains >= 1,
            "burn_in, stride, draws or shard size out of range");
    require(program.batch_size >= 1, "batch_size below 1");
    const long double steps = static_cast<long double>(program.burn_in) +
                              static_cast<long double>(program.draws - 1) * static_cast<long double>(program.stride);
    require(steps < 0x1p56L, "too many steps");
    const int words_per_point = program.dimension + (program.oracle == Oracle::gaussian_regression ? 1 : 0);
    const long double words = steps * static_cast<long double>(program.batch_size) * words_per_point;
    require(words < 0x1p58L, "a chain would use up its stream of random words");
}

void check_step(const CellProgram& program) {
    require(program.velocity_scale > 0.0 && program.velocity_scale <= 0x1p126, "velocity scale out of range");
    require(program.pull_scale >= 0.0 && program.pull_scale <= 0x1p126, "scale of the pull out of range");
    require(program.step_weights.empty() || program.step_weights.size() == static_cast<std::size_t>(program.steps()),
            "one weight per step");
    if (program.stepper == Stepper::sgd) return;
    require(program.oracle == Oracle::quadratic, "langevin takes the quadratic oracle");
    require(!program.frozen && program.step_weights.empty(), "langevin knows no weighted sums");
}

void check_training_points(const CellProgram& program) {
    const bool finite = program.oracle == Oracle::least_squares || program.oracle == Oracle::finite_quadratic;
    if (!finite) {
        require(program.sampling == BatchSampling::with_replacement,
                "infinitely many training points know no other sampling");
        return;
    }
    require(program.training_points >= 1 && program.training_points <= INT64_C(0x7fffffff),
            "number of training points");
    require(program.sampling == BatchSampling::with_replacement || program.batch_size <= program.training_points,
            "batch_size above the number of training points");
}

/// The step or the record reads H.
bool has_hessian(const CellProgram& program) {
    return program.oracle != Oracle::least_squares || program.pull_scale > 0.0;
}
bool has_noise_factor(Oracle oracle) { return oracle == Oracle::quadratic || oracle == Oracle::gaussian_regression; }

void check_tables(const CellProgram& program) {
    const auto d = static_cast<std::size_t>(program.dimension);
    const auto n = static_cast<std::size_t>(program.training_points);
    require(program.initial.size() == d && program.centre.size() == d && program.scale.size() == d,
            "initial, centre and scale need d numbers each");
    if (has_hessian(program)) require(program.hessian.size() == d * d, "hessian not d x d");
    if (has_noise_factor(program.oracle)) {
        require(program.noise_factor.size() == d * d, "noise factor not d x d");
        require(lower_triangular(program.noise_factor, d), "noise factor not lower triangular");
    }
    if (program.oracle == Oracle::finite_quadratic) {
        require(program.gradient_residuals.size() == n * d, "residuals not N x d");
    }
    if (program.oracle == Oracle::least_squares) {
        require(program.features.size() == n * d && program.residuals.size() == n && program.ridge_gradient.size() == d,
                "features, residuals or ridge gradient of the wrong size");
    }
}

}  // namespace

bool is_diagonal(const std::vector<double>& table, int dimension) {
    const auto stride = static_cast<std::size_t>(dimension) + 1;
    for (std::size_t k = 0; k < table.size(); ++k) {
        if (k % stride != 0 && table[k] != 0.0) return false;
    }
    return true;
}

void check_program(const CellProgram& program) {
    check_counts(program);
    check_step(program);
    check_training_points(program);
    check_tables(program);
}

namespace {

/// The standard deviation of what a kernel multiplies by the noise factor.
double normal_unit(const CellProgram& program) { return program.fast_normals ? fast_normal_unit : 1.0; }

std::vector<double> in_units_of_normals(const CellProgram& program) {
    std::vector<double> factor = program.noise_factor;
    if (program.fast_normals) {
        for (double& entry : factor) entry *= fast_normal_unit;
    }
    return factor;
}

/// Every table starts at a multiple of so many values, 64 bytes and more: rows may be read as vectors.
constexpr std::size_t aligned = 16;
std::size_t aligned_size(std::size_t values) { return (values + aligned - 1) / aligned * aligned; }

/// Rows of the tables that not every program has.
struct TableRows {
    explicit TableRows(const CellProgram& p, std::size_t padded)
        : features(p.oracle == Oracle::least_squares ? static_cast<std::size_t>(p.training_points) : 0),
          own_residuals(padded > static_cast<std::size_t>(p.dimension) ? 0 : features),
          gradient_residuals(p.oracle == Oracle::finite_quadratic ? static_cast<std::size_t>(p.training_points) : 0) {}
    std::size_t features;
    std::size_t own_residuals;  ///< those that have no room in the padding of the features
    std::size_t gradient_residuals;
};

}  // namespace

std::size_t count_table_values(const CellProgram& program, int padded_dimension, int row_stride) {
    const auto padded = static_cast<std::size_t>(padded_dimension);
    const auto stride = static_cast<std::size_t>(row_stride);
    const TableRows rows(program, padded);
    std::size_t values = aligned_size(rows.features * stride) + aligned_size(rows.own_residuals) +
                         aligned_size(rows.gradient_residuals * stride);
    values += 2 * aligned_size(padded * padded);  // H and F
    values += 4 * aligned_size(padded);           // ridge gradient, start, centre and scale
    return values + aligned_size(program.step_weights.size());
}

template <class Scalar>
CellTables<Scalar>::CellTables(const CellProgram& p, int padded_dimension, int row_stride) {
    check_program(p);
    const auto d = static_cast<std::size_t>(p.dimension);
    const auto padded = static_cast<std::size_t>(padded_dimension);
    const auto stride = static_cast<std::size_t>(row_stride);
    const TableRows table_rows(p, padded);
    const std::size_t rows = table_rows.features;
    const std::size_t residual_rows = table_rows.gradient_residuals;
    const std::size_t curvature = has_hessian(p) ? d : 0;
    const std::size_t noise = has_noise_factor(p.oracle) ? d : 0;
    const std::size_t weights = p.step_weights.size();
    require(padded >= d && stride >= padded, "padded dimension below the dimension");

    features_ = append(p.features, rows, d, rows, stride);
    scalars_.residual_in_row = rows > 0 && padded > d;
    residuals_ = append(p.residuals, table_rows.own_residuals, 1, table_rows.own_residuals, 1);
    if (scalars_.residual_in_row) {
        for (std::size_t row = 0; row < rows; ++row) {
            values_[features_ + row * stride + padded - 1] = static_cast<Scalar>(p.residuals[row]);
        }
    }
    gradient_residuals_ = append(p.gradient_residuals, residual_rows, d, residual_rows, stride);
    hessian_ = append(p.hessian, curvature, d, padded, padded);
    noise_factor_ = append(in_units_of_normals(p), noise, d, padded, padded);
    ridge_gradient_ = append(p.ridge_gradient, p.oracle == Oracle::least_squares ? d : 0, 1, padded, 1);
    initial_ = append(p.initial, d, 1, padded, 1);
    centre_ = append(p.centre, d, 1, padded, 1);
    scale_ = append(p.scale, d, 1, padded, 1);
    step_weights_ = append(p.step_weights, weights, 1, weights, 1);
    has_step_weights_ = weights > 0;

    scalars_.step_size = static_cast<Scalar>(p.step_size);
    scalars_.momentum = static_cast<Scalar>(p.momentum);
    scalars_.gradient_weight = static_cast<Scalar>(p.gradient_weight);
    scalars_.direct_weight = static_cast<Scalar>(p.direct_weight);
    scalars_.velocity_weight = static_cast<Scalar>(p.velocity_weight);
    scalars_.inverse_batch_size = static_cast<Scalar>(1.0 / static_cast<double>(p.batch_size));
    scalars_.ridge = static_cast<Scalar>(p.ridge);
    scalars_.label_noise = static_cast<Scalar>(p.label_noise * normal_unit(p));
    scalars_.velocity_scale = static_cast<Scalar>(p.velocity_scale);
    scalars_.pull_scale = static_cast<Scalar>(p.pull_scale);
    scalars_.sampling = p.sampling;
    scalars_.diagonal_hessian = is_diagonal(p.hessian, p.dimension);
    scalars_.diagonal_noise_factor = is_diagonal(p.noise_factor, p.dimension);
    scalars_.frozen = p.frozen;
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
    values_.resize(aligned_size(values_.size()), Scalar(0));
    return start;
}

template <class Scalar>
ChainArgs<Scalar> CellTables<Scalar>::args(const Scalar* base) const {
    ChainArgs<Scalar> a = scalars_;
    a.hessian = base + hessian_;
    a.noise_factor = base + noise_factor_;
    a.features = base + features_;
    a.residuals = base + residuals_;
    a.gradient_residuals = base + gradient_residuals_;
    a.step_weights = has_step_weights_ ? base + step_weights_ : nullptr;
    a.ridge_gradient = base + ridge_gradient_;
    a.initial = base + initial_;
    a.centre = base + centre_;
    a.scale = base + scale_;
    return a;
}

template class CellTables<float>;
template class CellTables<double>;

}  // namespace stationary
