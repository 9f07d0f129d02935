#pragma once

#include "kernels/lanes/dot.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The vectors of a wide chain (of more than max_compiled_dimension components) lie in memory, and a team shares the
// work on them: one CPU thread, or the lanes of a warp. A step is a sequence of phases that the whole team takes alike;
// no member reads in a phase what another writes in it. A team has
//   each(count, work)            work(0) … work(count − 1), shared out; all done on return
//   dot<Real>(quads, factors)    a dot product in the order of dot.h, known to all members
//   tables, sums_at_once         how H and F are laid out for it, and how it takes their rows.
// What a warp's lanes do beyond that at a draw: cuda_wide.h.

/// Row-major; or column-major, so that lanes that own neighbouring rows read neighbouring numbers.
enum class TableOrder { rows, columns };

/// A CPU thread that does everything.
template <class Scalar>
class SoloTeam {
  public:
    static constexpr TableOrder tables = TableOrder::rows;
    /// Of the four running sums of a row, those made in one pass over it, for four rows at a time: eight vector
    /// registers, as many as hide the latency of an fma and leave others free.
    static constexpr int sums_at_once = sizeof(Scalar) == 8 ? 1 : 2;

    template <class Work>
    STATIONARY_HD void each(int count, Work&& work) const {
        for (int k = 0; k < count; ++k) work(k);
    }

    template <class Number, class Factors>
    STATIONARY_HD Number dot(int quads, Factors&& factors) const {
        Number sums[dot_lanes];
        for (int lane = 0; lane < dot_lanes; ++lane) sums[lane] = lane_sum<Number>(lane, quads, factors);
        return joined_lanes(sums);
    }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
