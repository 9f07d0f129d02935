#pragma once

#include "kernels/cuda/cuda_window.h"
#include "kernels/cuda/step_cost.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace stationary {

/// What the chains of a group have before them.
struct LaunchPlan {
    std::int64_t burn_in = 0;
    std::int64_t steps = 0;  ///< in all
    StepCost cost;
};

/// Takes chains from their first step to their last in launches, at most two of them in the stream at a time: while the
/// device works on one the host puts the next behind it, so that the device never waits for the host; and who asks to
/// stop waits for two launches at most.
///
/// device.launch(slot, first, last) puts steps first + 1 … last into the stream. device.wait(slot) waits until what was
/// last launched in the slot, 0 or 1, has ended, and gives the seconds that it ran. Test: launch_pipeline_test.cpp.
template <class Device>
class LaunchPipeline {
  public:
    LaunchPipeline(const LaunchPlan& plan, StepWindow& window, Device& device)
        : plan_(plan), window_(window), device_(device) {}

    /// Returns when nothing is in the stream any more. False if stop(), asked before every launch, was true before the
    /// last one.
    template <class Stop>
    bool run(const Stop& stop) {
        std::int64_t first = 0;
        // A chain without steps has a draw all the same: its start.
        do {
            wait_for(next_);
            if (stop()) {
                wait_for(1 - next_);
                return false;
            }
            first = launch(first);
        } while (first < plan_.steps);
        wait_for(next_);
        wait_for(1 - next_);
        return true;
    }

  private:
    /// Launches what comes after step `first`; returns its last step. No launch goes on from burn-in to the draws,
    /// whose steps may cost many times as much.
    std::int64_t launch(std::int64_t first) {
        const bool burning_in = first < plan_.burn_in;
        const double step_cost = burning_in ? plan_.cost.step : plan_.cost.step_and_draw;
        const std::int64_t end = burning_in ? plan_.burn_in : plan_.steps;
        const std::int64_t last = first + std::min(end - first, window_.steps(step_cost));
        device_.launch(static_cast<int>(next_), first, last);
        in_flight_[next_] = static_cast<double>(last - first) * step_cost;
        next_ = 1 - next_;
        return last;
    }

    void wait_for(std::size_t slot) {
        if (!in_flight_[slot]) return;
        const double seconds = device_.wait(static_cast<int>(slot));
        window_.measured(*in_flight_[slot], seconds);
        in_flight_[slot].reset();
    }

    LaunchPlan plan_;
    StepWindow& window_;
    Device& device_;
    std::array<std::optional<double>, 2> in_flight_;  ///< the cost of the launch in each slot
    std::size_t next_ = 0;                            ///< the slot of the older launch, and so of the next
};

}  // namespace stationary
