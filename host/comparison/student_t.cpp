#include "host/comparison/student_t.h"

#include <boost/math/distributions/students_t.hpp>

#include <limits>

namespace stationary {

double student_t_quantile(double upper_tail, double degrees_of_freedom) {
    if (degrees_of_freedom < 1.0) return std::numeric_limits<double>::infinity();
    const boost::math::students_t distribution(degrees_of_freedom);
    // The complement keeps full precision for the tiny tails of a large family.
    return boost::math::quantile(boost::math::complement(distribution, upper_tail));
}

}  // namespace stationary
