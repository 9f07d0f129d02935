#pragma once

#include <algorithm>
#include <cstdint>

namespace stationary {

/// How many steps the next launch takes, so that no launch runs much longer than a quarter of a second: a GPU that also
/// drives a screen stops longer ones, and a signal has to wait for those in flight. A single step cannot be cut,
/// however long it is. Only speed depends on the window; run_chain gives the same bits however it is cut.
///
/// A launch is measured in what it costs one chain (step_cost.h), because steps do not all cost the same.
class StepWindow {
  public:
    static constexpr double target_seconds = 0.25;
    static constexpr std::int64_t most_steps = std::int64_t{1} << 30;  ///< counted in 32 bits by the kernels

    /// Starts from a guess that is far too low: a hundredth of a second, where all chains together are a thousandth as
    /// fast as on a data-centre GPU, and each by itself takes 10 clocks for an instruction.
    explicit StepWindow(double chains) {
        constexpr double seconds = 0.01;
        constexpr double together = 2e10;  // instructions per second
        constexpr double one_by_one = 1e8;
        cost_ = seconds * std::min(together / chains, one_by_one);
    }

    /// Steps of a launch whose steps cost so much each.
    [[nodiscard]] std::int64_t steps(double step_cost) const {
        return static_cast<std::int64_t>(std::clamp(cost_ / step_cost, 1.0, static_cast<double>(most_steps)));
    }

    /// A launch that cost so much took so long. No launch then costs more than four times as much as one that was
    /// measured, because a short one measures little but its own overhead; and a short one makes none shorter.
    void measured(double cost, double seconds) {
        if (cost <= 0.0) return;
        const double aim = cost * target_seconds / std::max(seconds, 1e-6);
        cost_ = std::clamp(aim, cost_ / 4.0, std::max(cost_, 4.0 * cost));
    }

  private:
    double cost_ = 1.0;
};

}  // namespace stationary
