#pragma once

#include "kernels/interface/backend.h"

#include <array>
#include <cstddef>

namespace stationary::bench {

/// What the formulas of a step are made of: one operation on one vector (all lanes of a pack, or one of the two vectors
/// that doubles and split words take).
enum class Primitive {
    fused_multiply_add,         ///< of floats; without an fma instruction: arithmetic.h's emulation
    double_fused_multiply_add,  ///< without an fma instruction: the C library's, lane by lane
    multiply,
    add,                ///< of floating-point numbers
    integer,            ///< addition, comparison, blend or two-input logic
    three_input_logic,  ///< a ^ b ^ c
    wide_multiply,      ///< 32×32 → 64 bits in every other lane
    low_multiply,       ///< 32×32 → 32 bits
    high_half,          ///< upper halves of 64-bit lanes moved down, by a shift or a shuffle
    lane_order,         ///< words of even and odd lanes joined
    shift,
    unsigned_to_float,
    signed_to_float,
    square_root,
    extremum,  ///< minimum or maximum of unsigned words
    select,    ///< by the top bit
    widen,     ///< floats to doubles, a whole pack
    load,
    insert,  ///< 128 or 256 bits from memory into a part of a vector
    shuffle
};
constexpr std::size_t primitive_kinds = static_cast<std::size_t>(Primitive::shuffle) + 1;

/// How many of each primitive something needs. Fractions are averages over steps.
class PrimitiveCounts {
  public:
    PrimitiveCounts& add(Primitive primitive, double count) {
        counts_[static_cast<std::size_t>(primitive)] += count;
        return *this;
    }
    /// Adds `times` times the other counts.
    PrimitiveCounts& add(const PrimitiveCounts& other, double times = 1.0) {
        for (std::size_t i = 0; i < primitive_kinds; ++i) counts_[i] += times * other.counts_[i];
        return *this;
    }
    [[nodiscard]] double operator[](Primitive primitive) const { return counts_[static_cast<std::size_t>(primitive)]; }

  private:
    std::array<double, primitive_kinds> counts_{};
};

/// Fewest cycles in which the ports of a core can execute the counts: the largest, over all sets of ports, of the
/// micro-operations that only those ports take, divided by the number of ports (what an optimal assignment reaches, by
/// Hall's theorem; latencies and the front end are left out).
///
/// Ports are those of Intel's Ice Lake server and Golden Cove cores: 512-bit vectors on ports 0 and 5, narrower ones on
/// 0, 1 and 5, two loads per cycle, one square root unit. Where the two cores differ, the more capable one counts.
/// Source: uops.info's measurements, held against llvm-mca's model icelake-server (bench/README.md). Test:
/// ceiling_test.cpp.
double port_cycles(const PrimitiveCounts& counts, SimdLevel level);

/// Lanes of a pack, one per chain (kernels/lanes/pack.h).
constexpr int lanes_of(SimdLevel level) { return level == SimdLevel::avx512 ? 16 : level == SimdLevel::avx2 ? 8 : 4; }

/// Floating-point operations per cycle at the peak: two units, all lanes, and two operations per fma where there is
/// one. `bytes` is the size of a number.
constexpr double peak_operations_per_cycle(SimdLevel level, int bytes) {
    const double lanes = lanes_of(level) * 4.0 / bytes;
    return 2.0 * lanes * (level == SimdLevel::generic ? 1.0 : 2.0);
}

}  // namespace stationary::bench
