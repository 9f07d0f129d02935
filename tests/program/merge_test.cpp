#include "tests/support/fault_support.h"

namespace stationary {
namespace {

/// Directories with parts of one run.
class Merge : public Program {
  protected:
    Merge() { whole_ = fingerprints(run_json("run small.toml --json --quiet --backend cpu --out whole")); }

    void run_share(const std::string& name, const std::string& share) const {
        const Json json =
            run_json("run small.toml --json --quiet --backend cpu --out " + name + " --shard-range " + share);
        EXPECT_EQ(json["status"], "partial");
    }
    [[nodiscard]] JournalContents merged(const std::string& name = "merged") const {
        return read_journal((directory_ / name / "shards/main.journal").string());
    }

    Json whole_;
};

TEST_F(Merge, ThreeSharesGiveTheFingerprintsOfTheWholeInAnyOrder) {
    for (int i = 0; i < 3; ++i) run_share("part" + std::to_string(i), std::to_string(i) + "/3");
    for (const std::string order : {"part0 part1 part2", "part2 part0 part1", "part1 part2 part0"}) {
        const Json json = run_json("merge " + order + " --json --out merged");
        EXPECT_EQ(json["status"], "complete");
        EXPECT_EQ(fingerprints(json), whole_);
        EXPECT_EQ(json["backend"]["kind"], "merged");
        EXPECT_EQ(merged().shards.size(), 256u);
        EXPECT_EQ(repeats_in(merged().shards), 0);
        fs::remove_all(directory_ / "merged");
    }
}

TEST_F(Merge, OverlapsCountOnce) {
    run_share("half", "0/2");
    run_share("third", "0/3");
    const Json json = run_json("merge half whole third half --json --out merged");
    EXPECT_EQ(fingerprints(json), whole_);
    EXPECT_EQ(merged().shards.size(), 256u);
    EXPECT_EQ(repeats_in(merged().shards), 0);
}

TEST_F(Merge, GapsAreListedAndTheMergedDirectoryGoesOn) {
    run_share("part0", "0/3");
    run_share("part2", "2/3");
    const Outcome gaps = run("merge part0 part2 --json --out merged");
    EXPECT_EQ(gaps.exit_code, 75) << gaps.errors;
    EXPECT_EQ(Json::parse(gaps.output)["status"], "interrupted");
    EXPECT_TRUE(contains(gaps.errors, "missing: langevin B=1 eta0=0.02: 21 of 64 shards (22-42)")) << gaps.errors;
    EXPECT_TRUE(contains(gaps.errors, "85 shards of 4 cells are missing")) << gaps.errors;
    const Json json = run_json("run merged/experiment.toml --json --quiet --backend cpu --out merged");
    EXPECT_EQ(fingerprints(json), whole_);
    EXPECT_EQ(merged().shards.size(), 256u);
}

TEST_F(Merge, IntoADirectoryThatHasSomeAlready) {
    for (int i = 0; i < 3; ++i) run_share("part" + std::to_string(i), std::to_string(i) + "/3");
    EXPECT_EQ(run("merge part1 --out merged").exit_code, 75);
    EXPECT_EQ(run("merge part0 part1 --out merged").exit_code, 75);
    EXPECT_EQ(fingerprints(run_json("merge part2 --json --out merged")), whole_);
    EXPECT_EQ(fingerprints(run_json("merge part0 part2 --json --out part1")), whole_);
}

TEST_F(Merge, DirectoriesOfDifferentExperimentsAreRefused) {
    static_cast<void>(run_json("run small.toml --json --quiet --backend cpu --out other --seed 2"));
    expect_refused("merge whole other --out merged", 2, "ensemble.seed");
    expect_refused("merge whole absent --out merged", 2, "absent is no run directory");
    EXPECT_FALSE(fs::exists(directory_ / "merged")) << "something was written all the same";
    expect_refused("merge whole --out other", 2, "ensemble.seed");
}

TEST_F(Merge, PlansThatDifferAreRefused) {
    static_cast<void>(run_json("run small.toml --json --quiet --backend cpu --out large --set ensemble.shards=100"));
    expect_refused("merge whole large --out merged", 2, "cannot be pooled");
}

TEST_F(Merge, AnExtendedRunTakesWhatAnEarlierOneHas) {
    fs::copy(directory_ / "whole", directory_ / "more", fs::copy_options::recursive);
    const Json more = run_json("run small.toml --json --quiet --backend cpu --chains 10000 --out more");
    fs::remove(directory_ / "more/shards/main.journal");
    const Outcome gaps = run("merge more whole --json --out merged");
    EXPECT_EQ(gaps.exit_code, 75);
    const Json json = run_json("run small.toml --json --quiet --backend cpu --chains 10000 --out merged");
    EXPECT_EQ(fingerprints(json), fingerprints(more));
    EXPECT_EQ(merged().shards.size(), 4u * 157u);
}

TEST_F(Merge, ADamagedJournalIsReportedAndTheRestTaken) {
    const std::string path = (directory_ / "whole/shards/main.journal").string();
    std::string bytes = contents(path);
    bytes[bytes.size() / 2] ^= 1;
    std::ofstream(path, std::ios::binary) << bytes;
    const Outcome outcome = run("merge whole --json --out merged");
    EXPECT_EQ(outcome.exit_code, 75);
    EXPECT_TRUE(contains(outcome.errors, "1 damaged stretch")) << outcome.errors;
    EXPECT_TRUE(contains(outcome.errors, "255 shards taken over")) << outcome.errors;
    EXPECT_EQ(contents(path), bytes) << "a source was written to";
}

TEST_F(Merge, AShareNeedsADirectoryAndAnArrayGivesIt) {
    expect_refused("run small.toml --backend cpu --shard-range 0/3", 2, "--out");
    expect_refused("run small.toml --backend cpu --shard-range 3/3 --out x", 2, "i/n");
    const std::string array =
        "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=5 "
        "SLURM_ARRAY_TASK_STEP=2";
    const Outcome last = run("run small.toml --json --quiet --backend cpu --out part", array);
    EXPECT_EQ(last.exit_code, 0);
    EXPECT_TRUE(contains(last.errors, "shard range 2/3")) << last.errors;
    EXPECT_EQ(Json::parse(last.output)["cells"][0]["shards_done"], 21);
    const Json all = run_json("run small.toml --json --quiet --backend cpu --out part --shard-range 0/1", array);
    EXPECT_EQ(all["status"], "complete");
    EXPECT_EQ(run_json("run small.toml --json --quiet --backend cpu", array)["status"], "complete");
}

}  // namespace
}  // namespace stationary
