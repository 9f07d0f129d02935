#include "tests/support/fault_support.h"

namespace stationary {
namespace {

/// Runs in a directory that already holds some of the shards.
class Resume : public Program {
  protected:
    [[nodiscard]] std::size_t records(const std::string& name) const {
        return read_journal((directory_ / name / "shards/main.journal").string()).shards.size();
    }
    const std::string cpu_ = " --backend cpu --json --quiet ";
};

TEST_F(Resume, AFinishedRunComputesNothingAgain) {
    const Json first = run_json("run small.toml --out a" + cpu_);
    EXPECT_EQ(records("a"), 256u);
    const Outcome again = run("run small.toml --out a --backend cpu --json");
    EXPECT_TRUE(contains(again.errors, "going on from 256 of 256 shards")) << again.errors;
    Json second = Json::parse(again.output);
    EXPECT_EQ(second["cells"], first["cells"]);
    EXPECT_EQ(records("a"), 256u);
}

TEST_F(Resume, MoreChainsKeepTheShardsThatAreThere) {
    static_cast<void>(run_json("run small.toml --out a" + cpu_));
    const Json extended = run_json("run small.toml --chains 20480 --out a" + cpu_);
    EXPECT_EQ(extended["cells"][0]["shard_chains"], 64);
    EXPECT_EQ(extended["cells"][0]["shards"], 320);
    EXPECT_EQ(records("a"), 4u * 320u);
    // The fingerprint knows nothing of shards: a run of as many chains in larger ones has the same.
    const Json whole = run_json("run small.toml --chains 20480 --out b" + cpu_);
    EXPECT_EQ(whole["cells"][0]["shard_chains"], 320);
    ASSERT_EQ(whole["cells"][0]["chains"], extended["cells"][0]["chains"]);
    EXPECT_EQ(fingerprints(extended), fingerprints(whole));
}

TEST_F(Resume, MoreCellsKeepTheShardsThatAreThere) {
    const Json first = run_json("run small.toml --out a" + cpu_);
    const Json more = run_json("run small.toml --set sweep.batch_size=[4,16,1] --out a" + cpu_);
    EXPECT_EQ(records("a"), 6u * 64u);
    EXPECT_EQ(more["cells"].size(), 6u);
    EXPECT_EQ(more["cells"][2]["fingerprint"], first["cells"][0]["fingerprint"]);
    EXPECT_EQ(more["cells"][1]["fingerprint"], first["cells"][1]["fingerprint"]);
}

TEST_F(Resume, AChangedExperimentIsRefusedShowingWhatDiffers) {
    static_cast<void>(run_json("run small.toml --out a" + cpu_));
    const std::string before = contents(directory_ / "a/plan.json");
    expect_refused("run small.toml --backend cpu --out a --seed 2", 2, "(ensemble.seed: 1 there, 2 here)");
    expect_refused("run small.toml --backend cpu --out a --chains 100", 2, "ensemble.chains: 4096 there, 100 here");
    expect_refused("run small.toml --backend cpu --out a --set ensemble.draws=3 --set model.minimizer=[1.0,1.0]", 2,
                   "ensemble.draws: 2 there, 3 here; model.minimizer: [0.0,0.0] there, [1.0,1.0] here");
    expect_refused("run small.toml --backend cpu --out a --dry-run --seed 2", 2, "another experiment");
    EXPECT_EQ(contents(directory_ / "a/plan.json"), before);
}

TEST_F(Resume, ChangedDataAreRefused) {
    write("points.csv", "a,b\n1.0,0.0\n-1.0,0.5\n0.5,-2.0\n-0.5,1.5\n");
    write("finite.toml", R"([model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_residuals = "points.csv"
[sweep]
dynamics = ["sgd"]
eta0 = [0.02]
[ensemble]
chains = 1024
)");
    static_cast<void>(run_json("run finite.toml --out a" + cpu_));
    write("points.csv", "a,b\n1.0,0.0\n-1.0,0.5\n0.5,-2.0\n-0.5,1.4999\n");
    expect_refused("run finite.toml --backend cpu --out a", 2, "the contents of the data differ");
}

TEST_F(Resume, APlanThatIsDamagedIsRefusedAndOneThatIsMissingIsMadeAgain) {
    const Json first = run_json("run small.toml --out a" + cpu_);
    const std::string plan = contents(directory_ / "a/plan.json");
    write("a/plan.json", plan.substr(0, plan.size() / 2));
    expect_refused("run small.toml --backend cpu --out a", 2, "plan.json is damaged");
    fs::remove(directory_ / "a/plan.json");
    const Json again = run_json("run small.toml --out a" + cpu_);
    EXPECT_EQ(fingerprints(again), fingerprints(first));
    EXPECT_EQ(records("a"), 256u);
    EXPECT_EQ(contents(directory_ / "a/plan.json"), plan);
}

TEST_F(Resume, ResultsWithoutTheirExperimentAreNotOverwritten) {
    fs::create_directory(directory_ / "a");
    write("a/results.json", "{}");
    expect_refused("run small.toml --backend cpu --out a", 2, "another experiment");
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_ / "a"), {}), 1);
}

TEST_F(Resume, ALongShardIsDroppedInTime) {
    // 64 shards of hours each: none ends, and the run still leaves in time with its results written.
    const auto start_time = std::chrono::steady_clock::now();
    const Outcome outcome =
        run("run small.toml --backend cpu --json --quiet --chains 100000000000 --set ensemble.shards=64 "
            "--max-walltime 0.3s --out long");
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_time;
    EXPECT_EQ(outcome.exit_code, 75) << outcome.errors;
    EXPECT_LT(seconds.count(), 0.3 + 5.0);
    EXPECT_EQ(Json::parse(outcome.output)["status"], "interrupted");
    EXPECT_EQ(results_in("long")["cells"][0]["shards_done"], 0);
    EXPECT_EQ(records("long"), 0u);
}

TEST_F(Resume, DivergedCellsAreStillDivergedWhenTheyComeFromTheJournal) {
    const std::string unstable =
        "run small.toml --json --quiet --backend cpu --set sweep.batch_size=[64] --set sweep.dynamics=['\"sgd\"'] "
        "--set run.allow_unstable=true --set ensemble.burn_in=2000 --out a";
    const Outcome first = run(unstable);
    const Outcome again = run(unstable);
    EXPECT_EQ(first.exit_code, 3);
    EXPECT_EQ(again.exit_code, 3);
    EXPECT_EQ(Json::parse(again.output)["cells"], Json::parse(first.output)["cells"]);
}

}  // namespace
}  // namespace stationary
