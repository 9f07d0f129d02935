#include "host/schedule.h"

#include "host/coarse_grid.h"

#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

/// Walks a deviation along the coarse grid and measures what is left of it.
class Walk {
  public:
    Walk(MomentPowers& powers, const RelaxationMeasure& measure, StateMoments start)
        : powers_(powers), measure_(measure), moments_(std::move(start)) {
        powers_.advance(moments_, 0);
        remainder_ = measure_(moments_);
    }

    [[nodiscard]] std::int64_t step() const { return step_; }
    [[nodiscard]] double remainder() const { return remainder_; }

    void next() {
        const int log2_gap = log2_grid_gap(step_);
        if (continues_decay()) {
            if (log2_gap > last_log2_gap_) decay_ *= decay_;
            remainder_ *= decay_;
        } else {
            powers_.advance(moments_, log2_gap);
            const double before = remainder_;
            remainder_ = measure_(moments_);
            decay_ = remainder_ / before;
        }
        last_log2_gap_ = log2_gap;
        step_ = next_on_grid(step_);
    }

  private:
    [[nodiscard]] bool continues_decay() const {
        constexpr std::int64_t blocks = 64;
        return powers_.method() == PowerMethod::frozen_noise && step_ >= (blocks << powers_.log2_block());
    }

    MomentPowers& powers_;
    const RelaxationMeasure& measure_;
    StateMoments moments_;
    std::int64_t step_ = 1;
    double remainder_ = 0.0;
    double decay_ = 1.0;  ///< of the last gap
    int last_log2_gap_ = 0;
};

/// First grid point from which the remainder stays at or below the threshold, up to twice that point.
std::int64_t settling_step(Walk walk, double threshold) {
    std::int64_t settled = 0;
    for (;; walk.next()) {
        if (walk.step() > max_relaxation_steps) throw std::domain_error("it takes more than 2^40 steps to relax");
        if (!(walk.remainder() <= threshold)) {
            settled = 0;
        } else if (settled == 0) {
            settled = walk.step();
        }
        if (settled > 0 && walk.step() >= 2 * settled) return settled;
    }
}

}  // namespace

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
    schedule.burn_in = settling_step(Walk(powers, measure, start), burn_in_part_of_tolerance * tolerance);
    schedule.stride = settling_step(Walk(powers, measure, worst), stride_remainder);
    return schedule;
}

Schedule choose_schedule(MomentPowers& powers, const MomentMap& map, const Matrix& stationary, const Vector& initial,
                         double tolerance) {
    powers.choose_block(stationary);
    const RelaxationMeasure measure(map, stationary, initial);
    return choose_schedule(powers, measure, start_deviation(initial, stationary), stationary, tolerance);
}

}  // namespace stationary
