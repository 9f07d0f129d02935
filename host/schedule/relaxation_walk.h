#pragma once

#include "host/schedule/coarse_grid.h"
#include "host/schedule/moment_map.h"

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace stationary {

/// Steps of a relaxation are counted up to this many.
constexpr std::int64_t max_relaxation_steps = std::int64_t{1} << 40;

/// Walks a deviation of the moments along the coarse grid and measures what is left of it. Powers takes 2^k steps at
/// once (MomentPowers, ModePowers); Measure gives one number for a deviation.
template <typename Powers, typename Measure>
class RelaxationWalk {
  public:
    RelaxationWalk(Powers& powers, const Measure& measure, StateMoments start)
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
        return powers_.has_blocks() && step_ >= (blocks << powers_.log2_block());
    }

    Powers& powers_;
    const Measure& measure_;
    StateMoments moments_;
    std::int64_t step_ = 1;
    double remainder_ = 0.0;
    double decay_ = 1.0;  ///< of the last gap
    int last_log2_gap_ = 0;
};

/// First grid point from which the remainder stays at or below the threshold, up to twice that point. Throws
/// std::domain_error beyond max_relaxation_steps.
template <typename Powers, typename Measure>
std::int64_t settling_step(RelaxationWalk<Powers, Measure> walk, double threshold) {
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

}  // namespace stationary
