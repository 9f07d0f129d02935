// Empirical stationary covariances against the exact laws, at points where wrong code shows (THEORY.md, section 9: no B
// = 1, μ = 0, d = 1, commuting or diagonal instance alone). Fixed seeds. The exact law holds, so each t is
// Student-distributed with 63 degrees of freedom: P(|t| > 6) = 1.1e-7 each; about 300 entries are looked at, so a right
// program fails with probability 3e-5 if the seed were drawn anew.

#include "tests/law_support.h"

#include <gtest/gtest.h>

namespace stationary::test {
namespace {

constexpr double unbelievable_t = 6.0;

const std::string quadratic = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.6, 0.1], [0.6, 1.0, -0.3], [0.1, -0.3, 0.7]]
gradient_noise_covariance = [[1.0, -0.4, 0.2], [-0.4, 0.8, 0.3], [0.2, 0.3, 1.5]]
minimizer = [3.0, -1.0, 0.5]
)";
const std::string rank_one = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.6], [0.6, 1.0]]
gradient_noise_covariance = [[1.0, 0.5], [0.5, 0.25]]
)";
const std::string diabetes = R"(
[model]
kind = "least_squares"
data = "data/diabetes.csv"
target = "target"
ridge = 0.5
)";
const std::string ensemble = R"(
[ensemble]
chains = 16384
draws = 8
)";

void expect_law(const std::string& name, const std::string& text) {
    const PlannedExperiment planned = plan_experiment(text);
    std::vector<double> all;
    for (const CellPlan& plan : planned.plans) {
        const Prediction law = exact_law(planned.model, plan.cell);
        ASSERT_TRUE(law.exact);
        const Estimate estimate = estimate_of(plan.program, plan.shards);
        EXPECT_EQ(estimate.saturated_draws, 0);
        EXPECT_EQ(estimate.diverged_chains, 0);
        const std::vector<double> t = entry_t(estimate, law.covariance);
        EXPECT_LT(largest(t), unbelievable_t) << name << " " << describe(plan.cell);
        for (Eigen::Index i = 0; i < estimate.mean.size(); ++i) {
            EXPECT_LT(std::abs(estimate.mean(i) / estimate.mean_standard_error(i)), unbelievable_t)
                << describe(plan.cell);
        }
        all.insert(all.end(), t.begin(), t.end());
    }
    // About 5 % outside two standard errors; entries of one cell are correlated, so only a gross excess is an error.
    const auto outside = std::count_if(all.begin(), all.end(), [](double t) { return std::abs(t) > 2.0; });
    EXPECT_LT(static_cast<double>(outside),
              0.05 * static_cast<double>(all.size()) + 4.0 * std::sqrt(0.05 * static_cast<double>(all.size())) + 6.0)
        << name;
}

TEST(StatisticalLaw, langevin) {
    expect_law("quadratic",
               quadratic + ensemble +
                   "[sweep]\ndynamics = \"langevin\"\neta0 = 0.02\nbatch_size = [3, 20]\ntime_step = [0.5, 1.0]\n");
    expect_law("rank one", rank_one + ensemble + "[sweep]\ndynamics = \"langevin\"\neta0 = 0.02\nbatch_size = [3]\n");
}

TEST(StatisticalLaw, sgd_quadratic) {
    expect_law("quadratic",
               quadratic + ensemble +
                   "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = [3, 17]\nmomentum = [0.0, 0.6]\n"
                   "update = [\"heavy_ball\", \"nesterov\", \"ema\"]\n");
    expect_law("rank one",
               rank_one + ensemble + "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = [5]\nmomentum = 0.5\n");
}

TEST(StatisticalLaw, sgd_least_squares) {
    expect_law("diabetes",
               diabetes + ensemble +
                   "[sweep]\ndynamics = \"sgd\"\neta0 = 0.004\nbatch_size = [4, 32]\nmomentum = [0.0, 0.7]\n");
}

TEST(StatisticalLaw, double_precision_agrees_too) {
    expect_law("double", quadratic + ensemble +
                             "[run]\nprecision = \"double\"\n[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = "
                             "[5]\nmomentum = 0.4\n");
}

/// The bugs of THEORY.md section 9, planted in the program that the kernels get. Each must be plain at B = 8, μ = 0.9 …
struct PlantedBug {
    const char* name;
    void (*plant)(CellProgram&);
    bool seen_without_batch_or_momentum;  ///< … and some are blind at B = 1, μ = 0, which is why other tests do not
                                          ///< stand there
};
const PlantedBug planted_bugs[] = {
    {"noise proportional to 1/B squared",
     [](CellProgram& p) {
         for (double& f : p.noise_factor) f /= std::sqrt(static_cast<double>(p.batch_size));
     },
     false},
    {"momentum off by 2 %", [](CellProgram& p) { p.momentum *= 0.98; }, false},
    {"learning rate off by 5 %", [](CellProgram& p) { p.step_size *= 1.05; }, true},
    {"burn-in cut to 1/20",
     [](CellProgram& p) {
         p.burn_in /= 20;
         p.draws = 1;
     },
     true},
};

double largest_t_with(const PlantedBug* bug, int batch_size, double momentum) {
    const PlannedExperiment planned = plan_experiment(
        quadratic + "[sweep]\ndynamics = \"sgd\"\neta0 = 0.02\nbatch_size = " + std::to_string(batch_size) +
        "\nmomentum = " + std::to_string(momentum) + "\n[ensemble]\nchains = 65536\ndraws = 4\n");
    CellPlan plan = planned.plans.front();
    if (bug != nullptr) bug->plant(plan.program);
    return largest(entry_t(estimate_of(plan.program, plan.shards), exact_law(planned.model, plan.cell).covariance));
}

TEST(StatisticalLaw, planted_bugs_are_caught) {
    EXPECT_LT(largest_t_with(nullptr, 8, 0.9), unbelievable_t);
    for (const PlantedBug& bug : planted_bugs) EXPECT_GT(largest_t_with(&bug, 8, 0.9), 2 * unbelievable_t) << bug.name;
}

TEST(StatisticalLaw, blind_points_are_blind) {
    EXPECT_LT(largest_t_with(nullptr, 1, 0.0), unbelievable_t);
    for (const PlantedBug& bug : planted_bugs) {
        const double t = largest_t_with(&bug, 1, 0.0);
        if (bug.seen_without_batch_or_momentum) {
            EXPECT_GT(t, 2 * unbelievable_t) << bug.name;
        } else {
            EXPECT_LT(t, unbelievable_t) << bug.name;
        }
    }
}

/// Correlation between chains, which no variance test sees: 4096 shards of one chain and one draw give each chain's own
/// state.
std::vector<double> one_component_per_chain(std::int64_t chains, bool pairs_share_noise) {
    const PlannedExperiment planned =
        plan_experiment(quadratic +
                        "[sweep]\ndynamics = \"sgd\"\neta0 = 0.02\nbatch_size = 4\nmomentum = 0.5\n"
                        "[ensemble]\nchains = 64\ndraws = 1\n");
    CellProgram program = planned.plans.front().program;
    program.shard_chains = 1;
    const auto backend = make_cpu_backend(0, best_simd_level());
    std::vector<double> state(static_cast<std::size_t>(chains));
    for (ShardMoments& m : run_shards(*backend, program, chains)) {
        state[static_cast<std::size_t>(m.shard)] = static_cast<double>(m.sum[0]) / program.scale[0];
    }
    if (pairs_share_noise) {
        for (std::size_t c = 0; c + 1 < state.size(); c += 2) state[c + 1] = state[c];
    }
    return state;
}

double largest_lag_correlation(const std::vector<double>& x) {
    double worst = 0.0;
    double variance = 0.0;
    for (double v : x) variance += v * v;
    for (std::size_t lag : {1, 2, 3, 4, 8, 15, 16, 17, 32, 64, 1024}) {
        double sum = 0.0;
        for (std::size_t c = 0; c + lag < x.size(); ++c) sum += x[c] * x[c + lag];
        worst = std::max(worst, std::abs(sum) / variance * std::sqrt(static_cast<double>(x.size())));
    }
    return worst;
}

// Each normalised correlation is close to N(0, 1): P(any of 11 beyond 5) = 6e-6. A correlation of 0.08 shows with 4096
// chains.
TEST(StatisticalLaw, chains_are_uncorrelated) {
    EXPECT_LT(largest_lag_correlation(one_component_per_chain(4096, false)), 5.0);
    EXPECT_GT(largest_lag_correlation(one_component_per_chain(4096, true)), 10.0);
}

}  // namespace
}  // namespace stationary::test
