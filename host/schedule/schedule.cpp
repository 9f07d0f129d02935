#include "host/schedule/schedule.h"

#include "host/schedule/relaxation_walk.h"

namespace stationary {
StateMoments start_deviation(const Vector& initial, const Matrix& stationary) {
    StateMoments start{Vector::Zero(stationary.rows()), -stationary};
    const Eigen::Index d = initial.size();
    start.mean.head(d) = initial;
    for (Eigen::Index j = 0; j < d; ++j)
        for (Eigen::Index i = 0; i < d; ++i) start.second(i, j) += initial(i) * initial(j);
    return start;
}

Schedule choose_schedule(MomentPowers& powers, const RelaxationMeasure& measure, const StateMoments& start,
                         const Matrix& stationary, double tolerance) {
    const StateMoments worst{Vector::Zero(stationary.rows()), stationary};
    Schedule schedule;
    schedule.burn_in = settling_step(RelaxationWalk(powers, measure, start), burn_in_part_of_tolerance * tolerance);
    schedule.stride = settling_step(RelaxationWalk(powers, measure, worst), stride_remainder);
    return schedule;
}

Schedule choose_schedule(MomentPowers& powers, const MomentMap& map, const Matrix& stationary, const Vector& initial,
                         double tolerance) {
    powers.choose_block(stationary);
    const RelaxationMeasure measure(map, stationary, initial);
    return choose_schedule(powers, measure, start_deviation(initial, stationary), stationary, tolerance);
}

}  // namespace stationary
