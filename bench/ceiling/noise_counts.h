#pragma once

#include "bench/ceiling/port_table.h"
#include "kernels/interface/cell_program.h"

namespace stationary::bench {

// Vector operations that the noise of one pack of chains needs, by formula. Tests: ceiling_test.cpp.

/// One Philox block: four words per lane, in lane order.
///
/// Words are split over two vectors (even and odd lanes), so a round is 4 widening multiplications, 4 moves of upper
/// halves and 4 exclusive-ors of three; the key schedule is scalar. Of rounds 1 to 3 only what depends on both the
/// chain and the block counts: the chain's half of round 1 is the same for all blocks, the block's half the same for
/// all lanes. That leaves 34 of the 40 multiplications. The last round joins even and odd lanes: 6 joins, 2
/// exclusive-ors.
PrimitiveCounts philox_block();

/// The same with the words left split, as index arithmetic takes them.
PrimitiveCounts split_philox_block();

/// One Box–Muller pair from two words (kernels/noise/normals.h): the squared radius is a conversion, an fma, four
/// operations on bits, t, a polynomial of degree 7 and two more for the exponent; then a square root, the sign, the
/// angle (doubled word, conversion, product) and two polynomials of degree 4 in x².
PrimitiveCounts box_muller_pair();

/// `count` normals: a quarter of a block and half a pair each. None is thrown away.
PrimitiveCounts normals(double count);

/// `count` words in lane order.
PrimitiveCounts words(double count);

/// The indices of the B training points of an average step: words times N, or places of a keyed permutation, whose 24
/// round keys are made once per step or per epoch.
PrimitiveCounts indices(const CellProgram& program);

}  // namespace stationary::bench
