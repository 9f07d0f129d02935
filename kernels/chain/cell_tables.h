#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/interface/cell_program.h"

#include <cstddef>
#include <vector>

namespace stationary {

/// A CellProgram rounded to Scalar and padded to dimension D: one block of numbers, and where each table starts in it.
/// Both backends use it; the CUDA backend copies `values` to the device and asks for the arguments with the device
/// address.
template <class Scalar>
class CellTables {
  public:
    /// Throws std::invalid_argument for a program whose tables do not fit its dimension.
    CellTables(const CellProgram& program, int padded_dimension)
        : CellTables(program, padded_dimension, padded_dimension) {}
    /// The same with rows of the data set `row_stride` numbers apart (lanes.h).
    CellTables(const CellProgram& program, int padded_dimension, int row_stride);

    [[nodiscard]] const std::vector<Scalar>& values() const { return values_; }
    /// How many of them, from the first on, every step reads. The rest are step_weights, one of which is read per step.
    [[nodiscard]] std::size_t values_of_every_step() const { return step_weights_; }
    /// The arguments with the tables at `base`, a copy of values().
    [[nodiscard]] ChainArgs<Scalar> args(const Scalar* base) const;

  private:
    std::size_t append(const std::vector<double>& table, std::size_t rows, std::size_t columns, std::size_t padded_rows,
                       std::size_t padded_columns);

    std::vector<Scalar> values_;
    ChainArgs<Scalar> scalars_{};
    std::size_t hessian_ = 0, noise_factor_ = 0, features_ = 0, residuals_ = 0, gradient_residuals_ = 0;
    std::size_t ridge_gradient_ = 0, initial_ = 0, centre_ = 0, scale_ = 0, step_weights_ = 0;
    bool has_step_weights_ = false;
};

extern template class CellTables<float>;
extern template class CellTables<double>;

/// How many numbers values() of such CellTables holds, without making them. Test: cell_tables_test.cpp.
std::size_t count_table_values(const CellProgram& program, int padded_dimension, int row_stride);

/// Whether every entry of a d×d table, or of an empty one, off the diagonal is zero.
bool is_diagonal(const std::vector<double>& table, int dimension);

/// Throws std::invalid_argument, in one line, if a backend cannot run the program: dimension, table sizes, counts.
void check_program(const CellProgram& program);

}  // namespace stationary
