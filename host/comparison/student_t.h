#pragma once

namespace stationary {

/// The t with P(T > t) = `upper_tail` for Student's t with `degrees_of_freedom`; +inf when there is less than one
/// degree of freedom, so that an interval from a single shard is infinitely wide. `upper_tail` lies in (0, 1/2].
double student_t_quantile(double upper_tail, double degrees_of_freedom);

}  // namespace stationary
