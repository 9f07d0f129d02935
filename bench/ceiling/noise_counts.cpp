#include "bench/ceiling/noise_counts.h"

#include <stdexcept>

namespace stationary::bench {
namespace {

/// Rounds 1 to 9.
PrimitiveCounts first_rounds() {
    PrimitiveCounts counts;
    // Round 1: word 2 = (block's product ^ key) ^ chain.
    counts.add(Primitive::load, 1).add(Primitive::integer, 2);
    // Round 2: one product; words 0 and 2, each with all but one operand known for every block.
    counts.add(Primitive::wide_multiply, 2).add(Primitive::high_half, 2);
    counts.add(Primitive::load, 1).add(Primitive::integer, 4);
    // Round 3: word 2 still has an operand that is known for every block.
    counts.add(Primitive::wide_multiply, 4).add(Primitive::high_half, 4);
    counts.add(Primitive::three_input_logic, 2).add(Primitive::integer, 2);
    // Rounds 4 to 9.
    counts.add(Primitive::wide_multiply, 6 * 4).add(Primitive::high_half, 6 * 4);
    return counts.add(Primitive::three_input_logic, 6 * 4);
}

/// MurmurHash3's finalizer (kernels/noise/permutation.h, mix) of a sum.
PrimitiveCounts mixed_sum() {
    PrimitiveCounts counts;
    counts.add(Primitive::integer, 1);
    return counts.add(Primitive::shift, 3).add(Primitive::integer, 3).add(Primitive::low_multiply, 2);
}

constexpr double permutation_rounds = 24;

PrimitiveCounts permutation_keys() {
    PrimitiveCounts round;
    round.add(mixed_sum(), 2).add(Primitive::integer, 2);
    round.add(Primitive::high_half, 1).add(Primitive::wide_multiply, 2).add(Primitive::lane_order, 1);
    return philox_block().add(round, permutation_rounds);
}

PrimitiveCounts permutation_place() {
    PrimitiveCounts round;
    round.add(Primitive::integer, 2).add(Primitive::extremum, 2);
    round.add(Primitive::integer, 2).add(Primitive::shift, 1).add(Primitive::low_multiply, 2).add(Primitive::select, 1);
    return PrimitiveCounts().add(round, permutation_rounds);
}

/// ⌊w·N/2³²⌋ of one word per lane.
PrimitiveCounts scaled_word() {
    PrimitiveCounts counts;
    return counts.add(Primitive::wide_multiply, 2).add(Primitive::lane_order, 1);
}

}  // namespace

PrimitiveCounts philox_block() {
    PrimitiveCounts counts = first_rounds();
    counts.add(Primitive::wide_multiply, 4).add(Primitive::lane_order, 6);
    return counts.add(Primitive::three_input_logic, 2);
}

PrimitiveCounts split_philox_block() {
    PrimitiveCounts counts = first_rounds();
    counts.add(Primitive::wide_multiply, 4).add(Primitive::high_half, 4);
    return counts.add(Primitive::three_input_logic, 4);
}

PrimitiveCounts box_muller_pair() {
    PrimitiveCounts counts;
    // −2 ln u: u; exponent and mantissa; t; p(t) and t·p(t) + e·(−2 ln 2).
    counts.add(Primitive::unsigned_to_float, 1).add(Primitive::fused_multiply_add, 1);
    counts.add(Primitive::integer, 3).add(Primitive::add, 1);
    counts.add(Primitive::fused_multiply_add, 7 + 1).add(Primitive::signed_to_float, 1).add(Primitive::multiply, 1);
    // Radius and sign (a select by a constant mask: one three-input operation), angle, sine and cosine, products.
    counts.add(Primitive::square_root, 1).add(Primitive::three_input_logic, 1);
    counts.add(Primitive::integer, 1).add(Primitive::signed_to_float, 1).add(Primitive::multiply, 1);
    counts.add(Primitive::multiply, 1).add(Primitive::fused_multiply_add, 4 + 4).add(Primitive::multiply, 1);
    return counts.add(Primitive::multiply, 2);
}

PrimitiveCounts words(double count) { return PrimitiveCounts().add(philox_block(), count / 4); }

PrimitiveCounts normals(double count) { return words(count).add(box_muller_pair(), count / 2); }

PrimitiveCounts indices(const CellProgram& program) {
    const auto batch = static_cast<double>(program.batch_size);
    PrimitiveCounts counts;
    switch (program.sampling) {
        case BatchSampling::with_replacement:
            return counts.add(split_philox_block(), batch / 4).add(scaled_word(), batch);
        case BatchSampling::without_replacement:
            return counts.add(permutation_keys()).add(permutation_place(), batch);
        case BatchSampling::reshuffle: {
            const auto epoch_steps = static_cast<double>(program.training_points / program.batch_size);
            return counts.add(permutation_keys(), 1 / epoch_steps).add(permutation_place(), batch);
        }
    }
    throw std::invalid_argument("unknown sampling");
}

}  // namespace stationary::bench
