#include "tests/support/fault_support.h"

#include <cstdlib>
#include <sstream>

namespace stationary {
namespace {

/// Runs under mpirun; skips where the build or the machine has no MPI.
class Ranks : public Faults {
  protected:
    void SetUp() override {
        if (!run_json("info --json")["program"]["mpi"].get<bool>()) GTEST_SKIP() << "this build has no MPI";
        if (std::system("command -v mpirun >/dev/null") != 0) GTEST_SKIP() << "there is no mpirun";
        for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"}) setenv(name, "1", 1);
        setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
    }

    [[nodiscard]] static std::string ranks(int count) { return "mpirun -n " + std::to_string(count); }

    [[nodiscard]] std::string options(const std::string& name, std::int64_t chains = chains_) const {
        return "run small.toml --json --quiet --backend cpu --threads 1 --chains " + std::to_string(chains) +
               " --out " + name;
    }

    /// Starts a run of several ranks that takes some seconds, and waits until it computes.
    [[nodiscard]] pid_t start_ranks(int count, const std::string& name) const {
        const std::string command = "cd '" + directory_.string() + "' && exec " + ranks(count) + " '" +
                                    STATIONARY_PROGRAM + "' " + options(name, long_chains_) +
                                    " >/dev/null 2>errors.txt";
        const pid_t launcher = fork();
        if (launcher == 0) {
            execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            _exit(127);
        }
        for (int wait = 0; wait < 1000 && read_journal(journal(name)).shards.size() < 3; ++wait)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return launcher;
    }

    /// The process of a rank, among the children of mpirun; 0 if there is none.
    static pid_t process_of(int rank, pid_t launcher) {
        const std::string of = "/proc/" + std::to_string(launcher) + "/task/" + std::to_string(launcher) + "/children";
        std::istringstream children(contents(of));
        const std::string wanted = "OMPI_COMM_WORLD_RANK=" + std::to_string(rank);
        for (pid_t child = 0; children >> child;) {
            const std::string environment = contents("/proc/" + std::to_string(child) + "/environ");
            if (contains('\0' + environment, std::string(1, '\0') + wanted + '\0')) return child;
        }
        return 0;
    }

    static constexpr std::int64_t long_chains_ = 2000000;
};

class LongRanks : public Ranks {};

TEST_F(Ranks, AnyNumberOfRanksGivesTheFingerprintsOfOneProcess) {
    for (const int count : {1, 2, 3}) {
        const std::string name = "ranks" + std::to_string(count);
        const Outcome outcome = run(options(name), ranks(count));
        ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
        const Json results = Json::parse(outcome.output);  // one document, not one per rank
        EXPECT_EQ(results["status"], "complete");
        EXPECT_EQ(fingerprints(results), fingerprints_);
        EXPECT_EQ(read_journal(journal(name)).shards, shards_);
        EXPECT_EQ(outcome.errors, "") << count;
    }
}

TEST_F(Ranks, ARankThatDiesCostsItsShardsInFlightOnly) {
    for (const int victim : {1, 0}) {
        const std::string name = "killed" + std::to_string(victim);
        const pid_t launcher = start_ranks(3, name);
        const pid_t rank = process_of(victim, launcher);
        ASSERT_NE(rank, 0);
        const ShardNames before = read_journal(journal(name)).shards;
        kill(rank, SIGKILL);
        ++injected_;
        EXPECT_NE(wait_for(launcher), 0);
        account(name, before);
        const JournalContents kept = read_journal(journal(name));
        EXPECT_LE(kept.damage.stretches, 1);
        EXPECT_LT(kept.shards.size(), 4u * 64u) << "the run had ended before its rank was killed";
        const Json results = run_json(options(name, long_chains_));
        EXPECT_EQ(results["status"], "complete");
        twice_ += repeats_in(read_journal(journal(name)).shards);
        if (long_fingerprints_.is_null()) long_fingerprints_ = fingerprints(run_json(options("long", long_chains_)));
        EXPECT_EQ(fingerprints(results), long_fingerprints_);
    }
}

TEST_F(Ranks, ASignalEndsTheRunWithItsResults) {
    const pid_t launcher = start_ranks(3, "stopped");
    kill(launcher, SIGUSR1);  // mpirun passes it on to every rank
    ++injected_;
    EXPECT_EQ(wait_for(launcher), 75);
    EXPECT_EQ(results_in("stopped")["status"], "interrupted");
    EXPECT_EQ(read_journal(journal("stopped")).damage.stretches, 0);
}

TEST_F(Ranks, ARankThatCannotTakePartIsToldOfAndDoneWithout) {
    const std::string program = " '" + std::string(STATIONARY_PROGRAM) + "' ";
    std::string unable = options("without");
    unable.replace(unable.find("--backend cpu"), 13, "--backend cuda");
    if (run_json("info --json")["cuda"]["usable"].get<bool>()) GTEST_SKIP() << "there is a GPU";
    const Outcome outcome = run(options("without") + " : -n 2" + program + unable, "mpirun -n 1");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.errors;
    EXPECT_TRUE(contains(outcome.errors, "rank 1 gave up: no CUDA backend")) << outcome.errors;
    EXPECT_TRUE(contains(outcome.errors, "rank 2 gave up: no CUDA backend")) << outcome.errors;
    EXPECT_EQ(fingerprints(Json::parse(outcome.output)), fingerprints_);
}

TEST_F(Ranks, BadInputIsToldOnceAndOtherCommandsRunOnce) {
    const Outcome bad = run("run small.toml --set swep.eta0=1", ranks(3));
    EXPECT_EQ(bad.exit_code, 2);
    const auto first = bad.errors.find("unknown");
    EXPECT_EQ(bad.errors.find("stationary: "), bad.errors.rfind("stationary: ")) << bad.errors << first;
    const Outcome prediction = run("predict small.toml --json", ranks(3));
    EXPECT_EQ(prediction.exit_code, 0) << prediction.errors;
    EXPECT_EQ(Json::parse(prediction.output)["cells"].size(), 4u);
    const Outcome plan = run("run small.toml --dry-run --json --backend cpu", ranks(2));
    EXPECT_EQ(plan.exit_code, 0) << plan.errors;
    EXPECT_EQ(Json::parse(plan.output)["dry_run"], true);
}

TEST_F(LongRanks, ManyRanksDie) {
    for (int round = 0; round < 20; ++round) {
        const std::string name = "killed";
        const pid_t launcher = start_ranks(3, name);
        std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 200));
        const pid_t rank = process_of(static_cast<int>(random_() % 3), launcher);
        const ShardNames before = read_journal(journal(name)).shards;
        if (rank != 0) {
            kill(rank, SIGKILL);
            ++injected_;
        }
        const int exit_code = wait_for(launcher);
        account(name, before);
        if (exit_code != 0) continue;
        twice_ += repeats_in(read_journal(journal(name)).shards);
        fs::remove_all(directory_ / name);
    }
    const Json results = run_json(options("killed", long_chains_));
    EXPECT_EQ(fingerprints(results), fingerprints(run_json(options("long", long_chains_))));
}

}  // namespace
}  // namespace stationary
