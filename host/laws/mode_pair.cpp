#include "host/laws/mode_pair.h"

#include <Eigen/LU>

namespace stationary {
namespace {

using PairMap = Eigen::Matrix<Real, 4, 4>;
using PairState = Eigen::Matrix<Real, 4, 1>;

PairMap kronecker(const Mode& left, const Mode& right) {
    PairMap product;
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            product(row, column) = left(row / 2, column / 2) * right(row % 2, column % 2);
        }
    }
    return product;
}

}  // namespace

Mode mode_increment(const SgdStep& step, Real x) {
    Mode increment;
    increment << -Real(step.position_gain) * x, -Real(step.velocity_carry),  //
        Real(step.velocity_gain) * x, Real(step.momentum) - 1;
    return increment;
}

Mode stationary_pair(const Mode& growth_i, const Mode& growth_j, const Mode& source) {
    const Mode identity = Mode::Identity();
    const PairMap decay =
        -(kronecker(growth_i, identity) + kronecker(identity, growth_j) + kronecker(growth_i, growth_j));
    const PairState z = decay.partialPivLu().solve(PairState(source(0, 0), source(0, 1), source(1, 0), source(1, 1)));
    Mode solution;
    solution << z(0), z(1), z(2), z(3);
    return solution;
}

}  // namespace stationary
