#pragma once

#include "host/algebra/matrix.h"

#include <vector>

namespace stationary {

/// The scale at which a component of standard deviation `deviation` enters the fixed-point moments: 2^(14 − ⌈log2 sd⌉),
/// so the resolution is 2⁻¹⁴ to 2⁻¹⁵ of sd, between 2⁻¹⁰⁰ and 2¹⁰⁰, where (δ − centre)·scale is safe in float. A hair
/// is taken off so that an sd that ought to be a power of two gives the same scale from either side of it. sd = 0
/// counts as 1.
double fixed_point_scale(double deviation);

/// The same for every entry.
std::vector<double> fixed_point_scales(const Vector& deviations);

/// The scale for all components together of a vector whose mean squares are given: that of the largest.
double common_fixed_point_scale(const Vector& mean_squares);

}  // namespace stationary
