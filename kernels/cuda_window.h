#pragma once

#include <algorithm>
#include <cstdint>

namespace stationary {

/// How many steps the next launch takes, so that no launch runs much longer than a quarter of a second: a GPU that also
/// drives a screen stops longer ones, and a signal has to wait for the one in flight. Only speed depends on it;
/// run_chain gives the same bits however it is cut.
class StepWindow {
  public:
    static constexpr double target_seconds = 0.25;
    static constexpr std::int64_t most_steps = std::int64_t{1} << 30;  ///< counted in 32 bits by the kernels

    /// Starts from a guess meant to be far too low, about a hundredth of a second of a slow GPU: `updates_per_chain`
    /// component updates make one step of one chain, one after the other.
    StepWindow(double chains, double updates_per_chain) {
        constexpr double together = 1e8;    // a hundredth of the speed of a data-centre GPU
        constexpr double one_by_one = 1e5;  // 100 ns each
        set(std::min(together / chains, one_by_one) / updates_per_chain);
    }

    [[nodiscard]] std::int64_t steps() const { return steps_; }

    /// A launch of `steps` steps took so long. Grows at most fourfold at a time, because a short launch measures little
    /// but its own overhead.
    void measured(std::int64_t steps, double seconds) {
        const double aim = static_cast<double>(steps) * target_seconds / std::max(seconds, 1e-6);
        set(std::clamp(aim, static_cast<double>(steps_) / 4.0, static_cast<double>(steps_) * 4.0));
    }

  private:
    void set(double steps) {
        steps_ = static_cast<std::int64_t>(std::clamp(steps, 1.0, static_cast<double>(most_steps)));
    }

    std::int64_t steps_ = 1;
};

}  // namespace stationary
