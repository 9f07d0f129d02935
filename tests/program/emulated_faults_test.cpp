// What happens to runs on GPUs, made by the CUDA emulator: what was computed is kept, and the rest is computed later.

#include "tests/program/emulated_support.h"
#include "tests/support/fault_support.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

namespace stationary {
namespace {

class EmulatedFaults : public Emulated {
  protected:
    static constexpr std::int64_t all_shards = 12 * 64;

    [[nodiscard]] fs::path journal(const std::string& name) const { return directory_ / name / "shards/main.journal"; }

    /// The journal holds whole records only, each of a shard of its own.
    [[nodiscard]] ShardNames sound_journal(const std::string& name) const {
        const JournalContents kept = read_journal(journal(name).string());
        EXPECT_EQ(kept.damage.stretches, 0);
        EXPECT_EQ(repeats_in(kept.shards), 0);
        return kept.shards;
    }

    /// All shards are there now, those of `before` not computed again.
    void expect_whole(const std::string& name, const ShardNames& before, const Json& results) const {
        EXPECT_EQ(results["status"], "complete");
        const ShardNames after = sound_journal(name);
        EXPECT_EQ(after.size(), static_cast<std::size_t>(all_shards));
        EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
    }

    /// A run that the device's loss ends, and the same command again. Shards that were finished before.
    std::size_t lose_device(const std::string& experiment, const Environment& settings) const {
        const std::string command = "run " + experiment + " --out lost";
        const Outcome lost = run_emulated(command, settings);
        EXPECT_EQ(lost.exit_code, 6) << lost.errors;
        EXPECT_EQ(lost.output, "");
        EXPECT_EQ(lost.errors.rfind("stationary: the GPU failed: ", 0), 0U) << lost.errors;
        EXPECT_EQ(lines_in(lost.errors), 1) << lost.errors;
        const ShardNames before = sound_journal("lost");
        const Json results = emulated_results(command);
        EXPECT_EQ(fingerprints(results), cpu_fingerprints("run " + experiment));
        expect_whole("lost", before, results);
        fs::remove_all(directory_ / "lost");
        return before.size();
    }

    /// 12 cells that an emulated device takes long for, and the CPU a moment.
    const std::string long_options_ = "--set ensemble.burn_in=10000";
};

/// When launch 20 of 24 comes, some of the cells before are done: no more than eight are at work.
TEST_F(EmulatedFaults, a_device_lost_on_the_way) {
    EXPECT_LT(lose_device("small.toml", {{"FAIL", "5"}}), static_cast<std::size_t>(all_shards));
    const std::size_t kept = lose_device("small.toml", {{"FAIL", "20"}});
    EXPECT_GE(kept, 64U);
    EXPECT_LT(kept, static_cast<std::size_t>(all_shards));
}

/// Launch 44 of 48.
TEST_F(EmulatedFaults, a_device_lost_with_wide_chains) {
    const std::size_t kept = lose_device("wide.toml", {{"FAIL", "44"}});
    EXPECT_GE(kept, 64U);
    EXPECT_LT(kept, static_cast<std::size_t>(all_shards));
}

TEST_F(EmulatedFaults, one_of_several_devices_lost) {
    EXPECT_LT(lose_device("small.toml", {{"FAIL", "9"}, {"DEVICES", "2"}, {"ORDER", "1"}}),
              static_cast<std::size_t>(all_shards));
}

TEST_F(EmulatedFaults, a_device_lost_with_the_first_launch) {
    EXPECT_EQ(lose_device("small.toml", {{"FAIL", "1"}, {"POOLS", "0"}}), 0U);
}

TEST_F(EmulatedFaults, a_signal_between_launches) {
    const pid_t child = start(
        {"run", "small.toml", "--set", "ensemble.burn_in=10000", "--backend", "cuda", "--quiet", "--out", "stopped"},
        emulator());
    for (int wait = 0; wait < 3000 && !fs::exists(journal("stopped")); ++wait)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // into the first launches
    kill(child, SIGINT);
    EXPECT_EQ(wait_for(child), 75);
    EXPECT_EQ(results_in("stopped")["status"], "interrupted");
    const ShardNames before = sound_journal("stopped");
    EXPECT_LT(before.size(), static_cast<std::size_t>(all_shards));
    const Json results = run_json("run small.toml --backend cpu --json --quiet --out stopped " + long_options_);
    EXPECT_EQ(fingerprints(results), cpu_fingerprints("run small.toml " + long_options_));
    expect_whole("stopped", before, results);
}

TEST_F(EmulatedFaults, a_time_limit_between_launches) {
    const std::string command = "run small.toml --out late " + long_options_;
    const Outcome late = run_emulated(command + " --max-walltime 1s", {{"CHECK", "none"}});
    EXPECT_EQ(late.exit_code, 75) << late.errors;
    EXPECT_EQ(Json::parse(late.output)["status"], "interrupted");
    const ShardNames before = sound_journal("late");
    const Json results = run_json(command + " --backend cpu --json --quiet");
    EXPECT_EQ(fingerprints(results), cpu_fingerprints("run small.toml " + long_options_));
    expect_whole("late", before, results);
}

}  // namespace
}  // namespace stationary
