#pragma once

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace stationary {

/// The numbers of the tables, at the same places, with H and F column-major: as the lanes of a warp read them
/// (wide_team.h). Test: wide_launch_test.cpp.
template <class Scalar>
std::vector<Scalar> values_by_columns(const CellTables<Scalar>& tables, int dimension) {
    std::vector<Scalar> values = tables.values();
    const ChainArgs<Scalar> args = tables.args(values.data());
    const auto padded = static_cast<std::size_t>(table_dimension(dimension));
    for (const Scalar* table : {args.hessian, args.noise_factor}) {
        Scalar* const entry = values.data() + (table - values.data());
        for (std::size_t i = 0; i < padded; ++i) {
            for (std::size_t j = 0; j < i; ++j) std::swap(entry[i * padded + j], entry[j * padded + i]);
        }
    }
    return values;
}

}  // namespace stationary
