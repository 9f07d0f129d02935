#include "tests/support/program_fixture.h"
#include "tests/support/synthetic_models.h"

namespace stationary {
namespace {

TEST_F(Program, PrintsTheTableOnStandardOutputAndLogsOnStandardError) {
    const Outcome outcome = run("run small.toml --backend cpu");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    EXPECT_EQ(outcome.output.rfind("small\n", 0), 0u) << outcome.output;
    EXPECT_TRUE(contains(outcome.output, "How to read it"));
    EXPECT_TRUE(contains(outcome.errors, "memory"));
    EXPECT_FALSE(contains(outcome.output, "stationary:"));
}

TEST_F(Program, QuietLeavesStandardErrorEmpty) { EXPECT_EQ(run("run small.toml --backend cpu --quiet").errors, ""); }

TEST_F(Program, JsonIsExactlyOneDocument) {
    const Json json = run_json("run small.toml --json");
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["status"], "complete");
    EXPECT_EQ(json["cells"].size(), 4u);
    EXPECT_EQ(json["invariance"].size(), 2u);
}

TEST_F(Program, RunsAgreeWithTheExactTheoryWithinTheirOwnErrors) {
    // Signed error within its simultaneous interval: false alarm below the family error rate, 1e-3, and the seed is
    // fixed.
    const Json json = run_json("run small.toml --json --backend cpu");
    for (const Json& cell : json["cells"]) {
        const Json& exact = cell["predictions"].back();
        EXPECT_LE(exact["signed_relative_error_interval"][0].get<double>(), 0.0) << cell["index"];
        EXPECT_GE(exact["signed_relative_error_interval"][1].get<double>(), 0.0) << cell["index"];
        EXPECT_FALSE(exact["significant"].get<bool>()) << cell["index"];
    }
    // At B = 16 the small-step limit is off by some 20 %.
    EXPECT_EQ(json["cells"][3]["predictions"][0]["theory"], "sde");
    EXPECT_EQ(json["cells"][3]["predictions"][0]["verdict"], "differs");
}

TEST_F(Program, FingerprintsDoNotDependOnThreadsOrSimdLevel) {
    const auto fingerprints = [this](const std::string& options) {
        Json list = Json::array();
        const Json json = run_json("run small.toml --json --quiet --backend cpu " + options);
        for (const Json& cell : json["cells"]) {
            list.push_back(cell["fingerprint"]);
        }
        return list;
    };
    const Json expected = fingerprints("--threads 1 --simd generic");
    EXPECT_EQ(expected[0].get<std::string>().size(), 16u);
    EXPECT_NE(expected[0], expected[1]);
    EXPECT_EQ(fingerprints("--threads 2 --simd generic"), expected);
    const Json levels = run_json("info --json")["cpu"]["simd_available"];
    for (const Json& level : levels) {
        EXPECT_EQ(fingerprints("--simd " + level.get<std::string>()), expected) << level;
    }
    EXPECT_NE(fingerprints("--seed 2"), expected);
}

TEST_F(Program, ReadsStandardInputAndOverrides) {
    const Json json =
        run_json("run - --json --backend cpu --set sweep.batch_size=[2] --set ensemble.draws=1 --seed 7 --chains 2048",
                 "cat small.toml |");
    ASSERT_EQ(json["cells"].size(), 2u);
    EXPECT_EQ(json["cells"][0]["batch_size"], 2);
    EXPECT_EQ(json["cells"][0]["draws"], 1);
    EXPECT_EQ(json["cells"][0]["chains"], 2048);
    EXPECT_EQ(json["experiment"]["ensemble"]["seed"], 7);
    EXPECT_EQ(json["experiment"]["ensemble"]["chains"], 2048);
}

TEST_F(Program, DryRunPlansAndRunsNothing) {
    const Outcome table = run("run small.toml --dry-run --out run --chains 1000000000");
    EXPECT_EQ(table.exit_code, 0) << table.errors;
    EXPECT_TRUE(contains(table.output, "nothing was run")) << table.output;
    EXPECT_FALSE(fs::exists(directory_ / "run"));
    const Json json = run_json("run small.toml --dry-run --json --chains 1000000000");
    EXPECT_EQ(json["dry_run"], true);
    EXPECT_GE(json["cells"][0]["chains"].get<std::int64_t>(), 1000000000);
    EXPECT_GT(json["estimated_seconds"].get<double>(), 1.0);
    EXPECT_GT(json["memory"]["peak_bytes"].get<std::int64_t>(), 0);
}

TEST_F(Program, WritesItsDirectoryAndKeepsOthersApart) {
    const Json printed = run_json("run small.toml --json --out a/b --backend cpu");
    for (const char* name : {"experiment.toml", "plan.json", "results.json", "cells.csv", "covariance-0.npy",
                             "covariance-3.npy", "lock", "shards/main.journal"}) {
        EXPECT_TRUE(fs::exists(directory_ / "a/b" / name)) << name;
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_ / "a/b"), {}), 10) << "something was left behind";
    EXPECT_EQ(Json::parse(contents(directory_ / "a/b/results.json")), printed);
    EXPECT_EQ(Json::parse(contents(directory_ / "a/b/plan.json"))["cells"][2]["key"], printed["cells"][2]["key"]);
    EXPECT_EQ(lines_in(contents(directory_ / "a/b/cells.csv")), 1 + 4 * 2);

    const Json again = run_json("run a/b/experiment.toml --json --out a/b --backend cpu");
    EXPECT_EQ(again["cells"][0]["fingerprint"], printed["cells"][0]["fingerprint"]);
    expect_refused("run small.toml --out a/b --backend cpu --seed 2", 2, "another experiment");
    EXPECT_EQ(Json::parse(contents(directory_ / "a/b/results.json"))["experiment"], printed["experiment"]);
}

TEST_F(Program, ItsDirectoryCanBeRunAgainFromAnywhere) {
    write("points.csv", "a,b\n1.0,0.0\n-1.0,0.5\n0.5,-2.0\n-0.5,1.5\n");
    write("finite.toml", R"([model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_residuals = "points.csv"
[sweep]
dynamics = ["sgd"]
eta0 = [0.02]
batch_size = [2]
sampling = ["reshuffle"]
epoch_position = [1]
[ensemble]
chains = 1024
)");
    const Json first = run_json("run finite.toml --json --quiet --out kept --backend cpu");
    fs::create_directory(directory_ / "elsewhere");
    const Json again =
        run_json("run ../kept/experiment.toml --json --quiet --out ../kept --backend cpu", "cd elsewhere &&");
    EXPECT_EQ(again["cells"][0]["fingerprint"], first["cells"][0]["fingerprint"]);
    EXPECT_EQ(again["cells"][0]["sampling"], "reshuffle");
    EXPECT_EQ(again["cells"][0]["epoch_position"], 1);
    EXPECT_EQ(first["experiment"]["model"]["gradient_residuals"], "points.csv");
    EXPECT_TRUE(again["cells"][0]["fluctuation_dissipation_ratio"].is_null());
}

TEST_F(Program, MeasuresGradientNoise) {
    const std::string arguments = "gradient-noise small.toml --backend cpu --quiet --set gradient_noise.draws=2000000 ";
    const Json json = run_json(arguments + "--json");
    ASSERT_EQ(json["rows"].size(), 2u);
    EXPECT_EQ(json["status"], "complete");
    for (const Json& row : json["rows"]) {
        EXPECT_EQ(row["verdict"], "agrees") << row["batch_size"];
        EXPECT_DOUBLE_EQ(row["factor"].get<double>(), 1.0 / row["batch_size"].get<double>());
    }
    const Json one = run_json(arguments + "--json --threads 1 --simd generic --set gradient_noise.draws=50000");
    const Json two = run_json(arguments + "--json --threads 2 --set gradient_noise.draws=50000");
    EXPECT_EQ(one["rows"][1]["fingerprint"], two["rows"][1]["fingerprint"]);
    EXPECT_NE(run_json(arguments + "--json --seed 5")["rows"][1]["fingerprint"], json["rows"][1]["fingerprint"]);
    EXPECT_TRUE(contains(run(arguments).output, "Sigma^B/Sigma^1"));
}

TEST_F(Program, SettlesWhatAWeightedSumsCovarianceIs) {
    const std::string few = " --backend cpu --quiet --set weighted_sum.window=[1,10]";
    const Json json = run_json("weighted-sum --alpha 0.5,0.25,0.125 --json" + few);
    EXPECT_DOUBLE_EQ(json["sum_alpha"].get<double>(), 0.875);
    EXPECT_DOUBLE_EQ(json["sum_alpha_squared"].get<double>(), 0.328125);
    EXPECT_EQ(json["claims"][0]["verdict"], "agrees");
    EXPECT_EQ(json["claims"][1]["verdict"], "differs");
    EXPECT_NEAR(json["claims"][1]["signed_relative_error"].get<double>(), -0.625, 0.005);
    ASSERT_EQ(json["windows"].size(), 2u);
    EXPECT_EQ(json["windows"][0]["verdict"], "agrees");
    const Outcome table = run(
        "weighted-sum --alpha -0.5,0.25 small.toml --set weighted_sum.draws=100000 --set sweep.momentum=[0.5]" + few);
    EXPECT_EQ(table.exit_code, 0) << table.errors;
    EXPECT_EQ(table.output.rfind("small\n", 0), 0u) << table.output;
    EXPECT_TRUE(contains(table.output, "In words:")) << table.output;
    EXPECT_TRUE(contains(table.output, "mu=0.5")) << table.output;
}

TEST_F(Program, UnwritableDirectoryIsAnInputOutputError) {
    write("file", "in the way");
    expect_refused("run small.toml --backend cpu --out file", 5, "file");
    expect_refused("run small.toml --backend cpu --out /proc/stationary", 5, "/proc/stationary");
}

TEST_F(Program, FullStandardOutputIsAnInputOutputError) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    const Outcome outcome = run("predict small.toml >/dev/full");
    EXPECT_EQ(outcome.exit_code, 5);
    EXPECT_TRUE(contains(outcome.errors, "standard output")) << outcome.errors;
}

TEST_F(Program, RefusesBadInputInOneLine) {
    expect_refused("", 2, "subcommand");
    expect_refused("run", 2, "EXPERIMENT");
    expect_refused("gradient-noise", 2, "EXPERIMENT");
    expect_refused("gradient-noise small.toml --set sweep.dynamics=['\"langevin\"']", 2, "sweep.dynamics");
    expect_refused("gradient-noise small.toml --set gradient_noise.at=[1.0]", 2, "gradient_noise.at");
    expect_refused("weighted-sum", 2, "alpha or profile");
    expect_refused("weighted-sum --alpha 0.5,x", 2, "not a number");
    expect_refused("weighted-sum --alpha 0,0", 2, "--alpha");
    expect_refused("weighted-sum --alpha 0.5 absent.toml", 2, "absent.toml");
    expect_refused("run small.toml --backend gpu", 2, "auto|cpu|cuda");
    expect_refused("run small.toml --max-walltime soon", 2, "duration");
    expect_refused("run small.toml --seed -1", 2, "--seed");
    expect_refused("run small.toml --chains 0", 2, "chains");
    expect_refused("run small.toml --simd sse", 2, "generic|avx2|avx512");
    expect_refused("run small.toml --set swep.eta0=1", 2, "swep");
    expect_refused("run small.toml --backend cpu --normals fast", 2, "fast");
    expect_refused("run small.toml --normals fast --set run.precision=double", 2, "float");
    expect_refused("run absent.toml", 2, "absent.toml");
}

TEST_F(Program, RefusesUnstableCellsUnlessAllowed) {
    expect_refused("run small.toml --set sweep.batch_size=[1,64]", 2, "stability limit");
    const Outcome outcome =
        run("run small.toml --json --backend cpu --set sweep.batch_size=[64] --set sweep.dynamics=['\"sgd\"'] "
            "--set run.allow_unstable=true --set ensemble.burn_in=2000");
    EXPECT_EQ(outcome.exit_code, 3) << outcome.errors;
    const Json json = Json::parse(outcome.output);
    EXPECT_EQ(json["status"], "diverged");
    EXPECT_GT(json["cells"][0]["diverged_chains"].get<std::int64_t>() +
                  json["cells"][0]["saturated_draws"].get<std::int64_t>(),
              0);
    EXPECT_EQ(json["cells"][0]["predictions"][0]["verdict"], "inconclusive");
}

TEST_F(Program, CudaIsUsedOrRefusedAndAutoSaysSo) {
    if (run_json("info --json")["cuda"]["usable"].get<bool>()) GTEST_SKIP() << "there is a GPU";
    expect_refused("run small.toml --backend cuda", 4, "CUDA");
    const Outcome automatic = run("run small.toml --quiet");
    EXPECT_EQ(automatic.exit_code, 0);
    EXPECT_EQ(lines_in(automatic.errors), 1);
    EXPECT_TRUE(contains(automatic.errors, "running on the CPU: ")) << automatic.errors;
}

TEST_F(Program, WallClockLimitInterrupts) {
    const Outcome outcome =
        run("run small.toml --json --quiet --backend cpu --chains 100000000 --max-walltime 0.3s --out part");
    EXPECT_EQ(outcome.exit_code, 75) << outcome.errors;
    EXPECT_EQ(outcome.errors, "stationary: interrupted: the wall-clock limit is reached\n");
    const Json json = Json::parse(outcome.output);
    EXPECT_EQ(json["status"], "interrupted");
    EXPECT_EQ(json["cells"].size(), 4u);
    EXPECT_LT(json["cells"][3]["shards_done"].get<std::int64_t>(), json["cells"][3]["shards"].get<std::int64_t>());
    EXPECT_EQ(Json::parse(contents(directory_ / "part/results.json")), json);
}

TEST_F(Program, SignalsInterruptAndASecondOneLeavesAtOnce) {
    const std::string endless =
        "run small.toml --quiet --json --backend cpu --chains 1000000000 2>/dev/null & program=$!; sleep 0.7; ";
    for (const std::string signal : {"INT", "TERM", "USR1"}) {
        // A background job of a shell without job control ignores SIGINT until the program installs its own handler.
        const Outcome outcome = run(endless + "kill -" + signal + " $program; wait $program; exit $?; true", "exec");
        EXPECT_EQ(outcome.exit_code, 75) << signal;
        EXPECT_EQ(Json::parse(outcome.output)["status"], "interrupted") << signal;
    }
    // Both while the program stands still: it might have ended between them.
    const Outcome twice = run(endless + "kill -STOP $program; kill -TERM $program; kill -USR1 $program; " +
                                  "kill -CONT $program; wait $program; exit $?; true",
                              "exec");
    EXPECT_EQ(twice.exit_code, 75);
    EXPECT_EQ(twice.output, "") << "the second signal waited for results";
}

TEST_F(Program, PredictPrintsUnstableCellsAndExitsWithZero) {
    const Json json = run_json("predict small.toml --json --set sweep.batch_size=[1,64]");
    ASSERT_EQ(json["cells"].size(), 4u);
    EXPECT_EQ(json["cells"][2]["stable"], true);
    EXPECT_EQ(json["cells"][3]["stable"], false);
    EXPECT_LT(json["cells"][3]["learning_rate_limit"].get<double>(), json["cells"][3]["learning_rate"].get<double>());
    EXPECT_EQ(json["cells"][3]["predictions"].size(), 1u);
    const Json& exact = json["cells"][2]["predictions"][1];
    EXPECT_EQ(exact["theory"], "discrete");
    EXPECT_EQ(exact["exact"], true);
    EXPECT_EQ(exact["covariance"].size(), 2u);
    const Outcome table = run("predict small.toml");
    EXPECT_EQ(table.exit_code, 0);
    EXPECT_EQ(table.errors, "");
}

TEST_F(Program, InfoNamesTheBuildAndWhatItCanRunOn) {
    const Json json = run_json("info --json");
    EXPECT_GE(json["cpu"]["threads"].get<int>(), 1);
    EXPECT_EQ(json["cpu"]["simd_available"][0], "generic");
    EXPECT_EQ(json["cuda"]["usable"].get<bool>(), json["cuda"]["reason"].get<std::string>().empty());
    EXPECT_TRUE(contains(run("info").output, json["program"]["version"].get<std::string>()));
}

/// The noise of N points has rank below N: the weights of every comparison come from a matrix with a wide null space.
TEST_F(Program, RunsFewTrainingPointsInManyParameters) {
    synthetic::Uniform uniform(12);
    std::string table, ones;
    for (int i = 0; i < 200; ++i) ones += "1.0,";
    for (int i = 0; i < 200; ++i) table += (i == 0 ? "g" : ",g") + std::to_string(i);
    for (int k = 0; k < 12 * 200; ++k) table += (k % 200 == 0 ? "\n" : ",") + std::to_string(uniform());
    write("points.csv", table + "\n");
    write("few.toml", "[model]\nkind = 'quadratic'\ngradient_residuals = 'points.csv'\nhessian = { diagonal = [" +
                          ones + "] }\n[sweep]\neta0 = 0.05\nbatch_size = 3\nmomentum = 0.5\nsampling = 'reshuffle'\n");
    EXPECT_EQ(run_json("run few.toml --backend cpu --quiet --json --chains 64")["status"], "complete");
}

TEST_F(Program, HelpAndVersionGoToStandardOutput) {
    const Outcome help = run("--help");
    EXPECT_EQ(help.exit_code, 0);
    for (const char* command : {"run", "predict", "gradient-noise", "weighted-sum", "info"})
        EXPECT_TRUE(contains(help.output, command)) << command;
    for (const char* command : {"run", "gradient-noise", "weighted-sum"}) {
        const std::string text = run(std::string(command) + " --help").output;
        for (const char* option : {"--threads", "--simd", "--backend", "--seed", "--set", "--json"})
            EXPECT_TRUE(contains(text, option)) << command << ' ' << option;
    }
    EXPECT_EQ(help.errors, "");
    EXPECT_EQ(run("--version").output.rfind("stationary ", 0), 0u);
}

}  // namespace
}  // namespace stationary
