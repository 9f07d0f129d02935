// Devices that are hard to have, made by the CUDA emulator: results are those of the CPU all the same.

#include "tests/program/emulated_support.h"

#include <fstream>
#include <string>

namespace stationary {
namespace {

class EmulatedDevices : public Emulated {
  protected:
    /// Launches of all kernels that a traced run made.
    [[nodiscard]] std::int64_t launches_in(const std::string& trace) const {
        std::ifstream file(directory_ / trace);
        std::int64_t sum = 0;
        std::int64_t launches = 0;
        for (std::string rest; file >> launches && std::getline(file, rest);) sum += launches;
        return sum;
    }

    /// A cell of either dynamics.
    const std::string few_cells_ = " --set sweep.batch_size=[4]";
    /// A single cell: no other takes of the device's memory.
    const std::string one_cell_ = "run small.toml --set sweep.batch_size=[4] --set sweep.dynamics=['\"sgd\"']";
};

TEST_F(EmulatedDevices, several_share_the_cells) {
    for (const char* experiment : {"run small.toml", "run wide.toml"}) {
        const Json results = emulated_results(experiment, {{"DEVICES", "3"}});
        EXPECT_EQ(results["backend"]["devices"], 3);
        EXPECT_EQ(fingerprints(results), cpu_fingerprints(experiment));
    }
}

TEST_F(EmulatedDevices, without_memory_pools) {
    expect_fingerprints_of_the_cpu("run small.toml" + few_cells_, {{"POOLS", "0"}});
    expect_fingerprints_of_the_cpu("run wide.toml" + few_cells_, {{"POOLS", "0"}, {"DEVICES", "2"}});
}

/// 0.06 GiB are less than what is left to the driver.
TEST_F(EmulatedDevices, with_little_memory) {
    for (const char* gibibytes : {"0.1", "0.063", "0.06"})
        expect_fingerprints_of_the_cpu("run small.toml" + few_cells_, {{"MEMORY", gibibytes}});
}

TEST_F(EmulatedDevices, launches_are_halved_until_their_memory_can_be_had) {
    static_cast<void>(emulated_results(one_cell_, {{"TRACE", "whole"}}));
    EXPECT_EQ(launches_in("whole"), 2);
    expect_fingerprints_of_the_cpu(one_cell_, {{"LIMIT", "0.00001"}, {"TRACE", "halved"}});
    EXPECT_GE(launches_in("halved"), 4);
}

TEST_F(EmulatedDevices, without_memory_for_a_single_shard_say_so) {
    for (const char* pools : {"1", "0"}) {
        const Outcome outcome = run_emulated(one_cell_, {{"LIMIT", "0.0000001"}, {"POOLS", pools}});
        EXPECT_EQ(outcome.exit_code, 6) << outcome.errors;
        EXPECT_EQ(outcome.output, "");
        EXPECT_EQ(lines_in(outcome.errors), 1) << outcome.errors;
        EXPECT_TRUE(contains(outcome.errors, "cudaMalloc")) << outcome.errors;
        EXPECT_TRUE(contains(outcome.errors, "out of memory")) << outcome.errors;
    }
}

/// Eight streams want more than there is, though one does not: which of them comes first must not matter.
TEST_F(EmulatedDevices, streams_wait_for_each_others_memory) {
    for (const char* order : {"1", "2"})
        expect_fingerprints_of_the_cpu("run small.toml", {{"LIMIT", "0.00001"}, {"ORDER", order}});
}

/// Threads, blocks and the host's threads in other orders each time.
TEST_F(EmulatedDevices, in_any_order) {
    for (const char* order : {"reverse", "2", "3"}) {
        expect_fingerprints_of_the_cpu("run small.toml" + few_cells_, {{"ORDER", order}, {"DEVICES", "2"}});
        expect_fingerprints_of_the_cpu("run wide.toml" + few_cells_, {{"ORDER", order}});
    }
}

/// Whatever a GPU makes of the reciprocal root within the bound that PTX gives, the normals are the same.
TEST_F(EmulatedDevices, with_any_approximation) {
    for (const char* approximation : {"up", "down", "random"}) {
        expect_fingerprints_of_the_cpu("run small.toml" + few_cells_, {{"APPROXIMATE", approximation}});
        expect_fingerprints_of_the_cpu("run wide.toml" + few_cells_, {{"APPROXIMATE", approximation}});
    }
}

}  // namespace
}  // namespace stationary
