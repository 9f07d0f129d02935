#include "kernels/cuda/launch_pipeline.h"

#include "kernels/steps/langevin_stepper.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/host_launch.h"
#include "tests/kernel_support/same_moments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

namespace stationary {
namespace {

using chain_programs::Momentum;

struct Launched {
    std::int64_t first;
    std::int64_t last;
};

/// A stream that takes so long for a launch, and remembers what was asked of it in which order.
class FakeStream {
  public:
    double seconds = 1e-3;
    std::vector<Launched> launches;
    std::size_t most_in_flight = 0;
    std::size_t idle_launches = 0;  ///< after the first, into an empty stream

    void launch(int slot, std::int64_t first, std::int64_t last) {
        if (in_flight_.empty() && !launches.empty()) ++idle_launches;
        launches.push_back({first, last});
        in_flight_.push_back(slot);
        most_in_flight = std::max(most_in_flight, in_flight_.size());
    }
    double wait(int slot) {
        EXPECT_FALSE(in_flight_.empty());
        EXPECT_EQ(in_flight_.front(), slot) << "waited for the later launch first";
        in_flight_.pop_front();
        return seconds;
    }
    [[nodiscard]] bool empty() const { return in_flight_.empty(); }

  private:
    std::deque<int> in_flight_;  ///< slots
};

bool never() { return false; }

TEST(LaunchPipeline, takes_every_step_once_and_ends_a_launch_at_the_end_of_burn_in) {
    for (const std::int64_t burn_in : {0, 1, 700, 100000}) {
        for (const std::int64_t after : {0, 1, 5, 50000}) {
            SCOPED_TRACE(std::to_string(burn_in) + " and " + std::to_string(after));
            FakeStream stream;
            StepWindow window(1e5);
            const LaunchPlan plan{burn_in, burn_in + after, {10.0, 20.0}};
            EXPECT_TRUE(LaunchPipeline(plan, window, stream).run(never));
            EXPECT_TRUE(stream.empty());
            std::int64_t next = 0;
            bool ends_with_burn_in = burn_in == 0;
            for (const Launched& launch : stream.launches) {
                EXPECT_EQ(launch.first, next);
                EXPECT_TRUE(launch.last > launch.first || plan.steps == 0);
                next = launch.last;
                ends_with_burn_in = ends_with_burn_in || next == burn_in;
            }
            EXPECT_EQ(next, plan.steps);
            EXPECT_TRUE(ends_with_burn_in);
            EXPECT_GE(stream.launches.size(), 1u);
        }
    }
}

TEST(LaunchPipeline, the_next_launch_waits_in_the_stream_behind_the_one_that_runs) {
    FakeStream stream;
    StepWindow window(1e3);
    EXPECT_TRUE(LaunchPipeline({0, 100000000, {100.0, 100.0}}, window, stream).run(never));
    EXPECT_GT(stream.launches.size(), 10u);
    EXPECT_EQ(stream.idle_launches, 0u);
    EXPECT_EQ(stream.most_in_flight, 2u) << "who asks to stop waits for what is in flight";
}

TEST(LaunchPipeline, stops_between_launches_with_nothing_left_in_the_stream) {
    for (const int allowed : {0, 1, 2, 3, 7}) {
        FakeStream stream;
        StepWindow window(1e3);
        int asked = 0;
        const auto stop = [&] { return ++asked > allowed; };
        EXPECT_FALSE(LaunchPipeline({50, 1000000000, {100.0, 100.0}}, window, stream).run(stop));
        EXPECT_EQ(stream.launches.size(), static_cast<std::size_t>(allowed));
        EXPECT_TRUE(stream.empty());
    }
}

TEST(LaunchPipeline, its_launches_give_the_moments_of_the_cpu) {
    CellProgram program = chain_programs::langevin(3);
    program.burn_in = 40;
    FakeStream stream;
    stream.seconds = 1.0;  // launches get short
    StepWindow window(1e7);
    const LaunchPlan plan{program.burn_in, program.steps(), {1.0, 2.0}};
    ASSERT_TRUE(LaunchPipeline(plan, window, stream).run(never));
    ASSERT_GT(stream.launches.size(), 3u);
    host_launch::Cuts cuts{{}, 256, false};
    for (const Launched& launch : stream.launches) cuts.launch_ends.push_back(launch.last);
    host_launch::HostLaunch<float, 4, LangevinStepper, Velocity::none, 32> launch(program, {2, 4});
    same_moments::expect_same_moments(launch.run(cuts),
                                      backend_contract::run(*make_cpu_backend(1, best_simd_level()), program, {2, 4}));
}

/// A GPU that executes so many instructions per second in all, but those of one chain one after the other, and takes a
/// fixed time per launch. What a step really costs is `error` times what step_cost says.
class ModelDevice {
  public:
    ModelDevice(const LaunchPlan& plan, double chains, double together, double one_by_one, double error)
        : plan_(plan), second_per_cost_(error * std::max(chains / together, 1.0 / one_by_one)) {}

    double total = 0.0;
    int launches = 0;
    int too_long = 0;  ///< of more than one step and more than a second

    void launch(int slot, std::int64_t first, std::int64_t last) {
        const double cost = first < plan_.burn_in ? plan_.cost.step : plan_.cost.step_and_draw;
        const double seconds = 20e-6 + second_per_cost_ * cost * static_cast<double>(last - first);
        ++launches;
        total += seconds;
        too_long += seconds > 1.0 && last - first > 1 ? 1 : 0;
        seconds_[slot] = seconds;
    }
    [[nodiscard]] double wait(int slot) const { return seconds_[slot]; }

  private:
    LaunchPlan plan_;
    double second_per_cost_;
    double seconds_[2] = {0.0, 0.0};
};

struct TableRow {
    std::string name;
    CellProgram program;
};

std::vector<TableRow> table_of_cells() {
    std::vector<TableRow> rows;
    const auto add = [&rows](const std::string& name, CellProgram program) {
        for (const bool in_double : {false, true}) {
            for (const std::int64_t stride : {1, 1000}) {
                program.double_precision = in_double;
                program.stride = stride;
                rows.push_back({name + (in_double ? " double" : "") + " stride " + std::to_string(stride), program});
            }
        }
    };
    for (const int d : {1, 2, 10, 32}) {
        const std::string dimension = " d=" + std::to_string(d);
        add("langevin" + dimension, chain_programs::langevin(d));
        for (const std::int64_t batch_size : {1, 64, 1000000}) {
            const std::string name = dimension + " B=" + std::to_string(batch_size);
            add("quadratic" + name, chain_programs::quadratic(d, batch_size, Momentum::none));
            add("gaussian_regression" + name, chain_programs::gaussian_regression(d, batch_size, Momentum::none));
            add("least_squares" + name, chain_programs::least_squares(d, 9, batch_size, Momentum::none));
            add("reshuffled" + name,
                chain_programs::with_sampling(chain_programs::least_squares(d, 9, batch_size, Momentum::none),
                                              BatchSampling::reshuffle));
        }
    }
    return rows;
}

/// Small laptops to the largest GPUs, one chain to a million; step_cost may be wrong by a factor of three.
TEST(LaunchPipeline, no_launch_takes_a_second_unless_a_single_step_does) {
    for (const TableRow& row : table_of_cells()) {
        const StepCost cost = step_cost(row.program);
        for (const double together : {2e11, 3e13}) {
            for (const double chains : {1.0, 1024.0, 0x1p20}) {
                for (const double error : {0.1, 1.0, 3.0}) {
                    SCOPED_TRACE(row.name + ", " + std::to_string(chains) + " chains at " + std::to_string(together));
                    const double step_seconds = cost.step * std::max(chains / together, 1.0 / 3e8);
                    const auto burn_in = static_cast<std::int64_t>(std::ceil(20.0 / step_seconds));
                    const LaunchPlan plan{burn_in, 2 * burn_in, cost};
                    ModelDevice device(plan, chains, together, 3e8, error);
                    StepWindow window(chains);
                    ASSERT_TRUE(LaunchPipeline(plan, window, device).run(never));
                    EXPECT_EQ(device.too_long, 0);
                    const bool cuttable = step_seconds * error < StepWindow::target_seconds;
                    if (cuttable) {
                        EXPECT_LE(device.launches, 60.0 + device.total / 0.1) << "launches that short cost";
                    }
                }
            }
        }
    }
}

TEST(StepWindow, the_first_launch_is_far_from_a_second_even_where_each_chain_is_alone) {
    for (const TableRow& row : table_of_cells()) {
        const double cost = step_cost(row.program).step;
        for (const double chains : {1.0, 1e3, 0x1p20}) {
            const StepWindow window(chains);
            if (window.steps(cost) == 1) continue;
            const double instructions = static_cast<double>(window.steps(cost)) * cost;
            EXPECT_LE(instructions / 1e8, 0.0101) << row.name;
            EXPECT_LE(instructions * chains / 2e10, 0.0101) << row.name;
        }
    }
}

TEST(StepWindow, follows_what_was_measured) {
    StepWindow window(1e3);
    const std::int64_t steps = window.steps(10.0);
    window.measured(10.0 * static_cast<double>(steps), 0.5);
    EXPECT_EQ(window.steps(10.0), steps / 2);
    window.measured(5.0 * static_cast<double>(steps), 1e9);
    EXPECT_EQ(window.steps(10.0), steps / 8) << "never by more than four at once";
    EXPECT_EQ(window.steps(20.0), steps / 16) << "steps that cost more are fewer";
}

TEST(StepWindow, a_short_launch_neither_shortens_the_next_nor_makes_it_much_longer) {
    StepWindow window(1e3);
    const std::int64_t steps = window.steps(10.0);
    window.measured(10.0, 1e-6);  // a single step, say the last of burn-in
    EXPECT_EQ(window.steps(10.0), steps);
    window.measured(10.0 * static_cast<double>(steps), 1e-6);
    EXPECT_EQ(window.steps(10.0), 4 * steps);
    for (int launch = 0; launch < 100; ++launch) window.measured(10.0 * static_cast<double>(window.steps(10.0)), 1e-6);
    EXPECT_EQ(window.steps(10.0), StepWindow::most_steps);
}

TEST(StepCost, counts_the_draws_only_after_burn_in_and_by_their_stride) {
    CellProgram program = chain_programs::langevin(1);
    program.stride = 1;
    const StepCost every = step_cost(program);
    EXPECT_GT(every.step_and_draw, 3.0 * every.step);
    program.stride = 1000;
    EXPECT_LT(step_cost(program).step_and_draw, 1.1 * every.step);
    EXPECT_GT(step_cost(chain_programs::quadratic(3, 64, Momentum::none)).step,
              20.0 * step_cost(chain_programs::quadratic(3, 1, Momentum::none)).step);
}

}  // namespace
}  // namespace stationary
