#include "host/plan/fixed_point_scale.h"

#include <algorithm>
#include <cmath>

namespace stationary {

double fixed_point_scale(double deviation) {
    constexpr int resolution = 14;
    constexpr int largest_exponent = 100;
    int ceiling = 0;
    std::frexp(deviation * (1.0 - 0x1p-20), &ceiling);
    return std::ldexp(1.0, std::clamp(resolution - ceiling, -largest_exponent, largest_exponent));
}

std::vector<double> fixed_point_scales(const Vector& deviations) {
    std::vector<double> scales;
    for (const double deviation : deviations) scales.push_back(fixed_point_scale(deviation));
    return scales;
}

double common_fixed_point_scale(const Vector& mean_squares) {
    double largest = 0.0;
    for (const double square : mean_squares) largest = std::max(largest, square);
    return fixed_point_scale(std::sqrt(largest));
}

}  // namespace stationary
