#include "host/run/run_shards.h"

#include "host/base/error.h"
#include "host/laws/cell_stability.h"
#include "host/plan/time_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace stationary {
namespace {

const StopRequest never(std::chrono::steady_clock::now(), std::nullopt);

const char* const experiment_text = R"(
[model]
kind = "quadratic"
hessian = [[2.0]]
gradient_noise_covariance = [[1.0]]
[sweep]
dynamics = ["sgd"]
eta0 = [0.01]
batch_size = [1, 2, 4]
[ensemble]
chains = 4096
draws = 2
)";

/// Hands out made-up moments and keeps the ranges that it was given.
class RecordingBackend final : public Backend {
  public:
    std::vector<ShardRange> ranges;

    [[nodiscard]] BackendInfo info() const override { return {"cpu", "recording", 1, "generic"}; }
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t shards) const override { return shards; }
    void run(const CellProgram& program, ShardRange range, const ShardSink& sink) override {
        ranges.push_back(range);
        // Last first: a backend may finish shards in any order.
        for (std::int64_t shard = range.last; shard-- > range.first;) {
            if (!sink(moments_of(program, shard))) return;
        }
    }

  private:
    static ShardMoments moments_of(const CellProgram& program, std::int64_t shard) {
        ShardMoments moments;
        moments.shard = shard;
        moments.finite_draws = program.shard_chains * program.draws;
        moments.sum = {Int128(shard)};
        moments.products = {Int128(moments.finite_draws * 1000 + 7 * shard)};
        return moments;
    }
};

CellPlan one_cell(std::int64_t shards) {
    CellPlan plan;
    plan.shards = shards;
    plan.program.shard_chains = 16;
    plan.program.burn_in = 5;
    plan.program.draws = 2;
    plan.program.centre = {0.0};
    plan.program.scale = {1024.0};
    return plan;
}

struct Quiet {
    std::ostringstream stream;
    Progress progress{ProgressStyle::none, stream, 100, 1.0, Progress::Clock::now()};
};

TEST(Run, CoversEveryShardOnceWhateverTheLaunches) {
    for (const std::int64_t at_once : {1, 3, 64, 1000}) {
        RecordingBackend backend;
        Quiet quiet;
        const CellRun run = run_cell(backend, one_cell(64), at_once, never, quiet.progress);
        EXPECT_EQ(run.shards_done, 64);
        std::int64_t next = 0;
        for (const ShardRange& range : backend.ranges) {
            EXPECT_EQ(range.first, next);
            EXPECT_LE(range.last - range.first, at_once);
            next = range.last;
        }
        EXPECT_EQ(next, 64);
    }
}

TEST(Run, ResultDoesNotDependOnTheLaunches) {
    std::vector<std::uint64_t> fingerprints;
    for (const std::int64_t at_once : {1, 7, 64}) {
        RecordingBackend backend;
        Quiet quiet;
        fingerprints.push_back(run_cell(backend, one_cell(64), at_once, never, quiet.progress).estimate->fingerprint);
    }
    EXPECT_EQ(fingerprints[0], fingerprints[1]);
    EXPECT_EQ(fingerprints[0], fingerprints[2]);
}

TEST(Run, CpuBackendGivesTheSameMomentsInAnyLaunches) {
    const Experiment experiment = parse_experiment(experiment_text, "test.toml", ".", {});
    const LossModel model = build_loss_model(experiment);
    const CellPlan plan = plan_cell(experiment, model, make_cells(experiment, model)[1]);
    const auto backend = make_cpu_backend(2, best_simd_level());
    Quiet quiet;
    const CellRun split = run_cell(*backend, plan, 5, never, quiet.progress);
    const CellRun whole = run_cell(*backend, plan, plan.shards, never, quiet.progress);
    EXPECT_EQ(split.shards_done, plan.shards);
    EXPECT_EQ(split.estimate->fingerprint, whole.estimate->fingerprint);
    EXPECT_EQ(split.estimate->covariance, whole.estimate->covariance);
}

/// Throws instead of running.
template <typename Exception>
class FailingBackend final : public Backend {
  public:
    explicit FailingBackend(std::string kind) : kind_(std::move(kind)) {}
    [[nodiscard]] BackendInfo info() const override { return {kind_, "failing", 1, ""}; }
    [[nodiscard]] std::int64_t memory_bytes(const CellProgram&, std::int64_t) const override { return 0; }
    void run(const CellProgram&, ShardRange, const ShardSink&) override { throw Exception("broken"); }

  private:
    std::string kind_;
};

template <typename Exception>
ExitCode exit_code_of(const std::string& kind) {
    FailingBackend<Exception> backend(kind);
    Quiet quiet;
    try {
        run_cell(backend, one_cell(2), 2, never, quiet.progress);
    } catch (const UserError& error) {
        EXPECT_NE(std::string(error.what()).find("broken"), std::string::npos);
        return error.code();
    } catch (const std::exception&) {
        return ExitCode::internal_error;
    }
    return ExitCode::done;
}

TEST(Run, GivesABackendsFailureItsExitCode) {
    EXPECT_EQ(exit_code_of<std::runtime_error>("cuda"), ExitCode::device_lost);
    EXPECT_EQ(exit_code_of<std::runtime_error>("cpu"), ExitCode::internal_error);
    EXPECT_EQ(exit_code_of<std::invalid_argument>("cuda"), ExitCode::bad_input);
    EXPECT_EQ(exit_code_of<std::invalid_argument>("cpu"), ExitCode::bad_input);
}

TEST(Run, TakesNoShardOnceTheWallClockLimitIsReached) {
    const StopRequest passed(std::chrono::steady_clock::now() - std::chrono::seconds(2), 1.0);
    EXPECT_TRUE(passed.stop());
    EXPECT_STREQ(passed.reason(), "the wall-clock limit is reached");
    RecordingBackend backend;
    Quiet quiet;
    const CellRun run = run_cell(backend, one_cell(64), 64, passed, quiet.progress);
    EXPECT_TRUE(backend.ranges.empty());
    EXPECT_EQ(run.shards_done, 0);
    EXPECT_FALSE(run.estimate.has_value());
}

TEST(Run, LimitAheadDoesNotStop) {
    const StopRequest ahead(std::chrono::steady_clock::now(), 1e6);
    EXPECT_FALSE(ahead.stop());
    EXPECT_STREQ(ahead.reason(), "");
    EXPECT_FALSE(StopRequest(std::chrono::steady_clock::now(), 1e300).stop());
}

TEST(Run, CountsProgressInShardsAndWork) {
    RecordingBackend backend;
    Quiet quiet;
    const CellPlan plan = one_cell(8);
    run_cell(backend, plan, 8, never, quiet.progress);
    EXPECT_EQ(quiet.progress.state().shards_done, 8);
    EXPECT_DOUBLE_EQ(quiet.progress.state().chain_steps_done, 8.0 * 16.0 * 6.0);
    EXPECT_DOUBLE_EQ(quiet.progress.state().work_done, cell_work(plan));
}

TEST(Run, RefusesUnstableCellsNamingTheLimit) {
    Overrides overrides;
    overrides.set = {"sweep.batch_size=[1,1000]"};
    Experiment experiment = parse_experiment(experiment_text, "test.toml", ".", overrides);
    const LossModel model = build_loss_model(experiment);
    const std::vector<Cell> cells = make_cells(experiment, model);
    const std::vector<Stability> stability = find_stability(model, cells);
    try {
        refuse_unstable(experiment, cells, stability);
        FAIL() << "an unstable cell was let through";
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_NE(message.find("B=1000"), std::string::npos) << message;
        EXPECT_NE(message.find("stability limit 1;"), std::string::npos) << message;  // 2/h, h = 2
        EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 0);
    }
    experiment.run.allow_unstable = true;
    EXPECT_NO_THROW(refuse_unstable(experiment, cells, stability));
}

}  // namespace
}  // namespace stationary
