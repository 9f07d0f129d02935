// Empirical stationary covariances against the exact laws, at points where wrong code shows (docs/theory.md, section 9:
// no B = 1, μ = 0, d = 1, commuting or diagonal instance alone). Fixed seeds. The exact law holds, so each t is
// Student-distributed with 63 degrees of freedom: P(|t| > 6) = 1.1e-7 each; about 450 entries are looked at, so a right
// program fails with probability 5e-5 if the seed were drawn anew.

#include "tests/support/law_support.h"

#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>

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
/// Twelve training points of equal curvature; the residuals' mean is taken off.
const std::string twelve_points = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.6], [0.6, 1.0]]
gradient_residuals = [[1.2, -0.3], [-0.7, 0.9], [0.4, 1.1], [-1.5, -0.2], [0.1, -1.3], [0.8, 0.6],
                      [-0.2, 0.5], [1.9, -1.1], [-0.9, -0.8], [0.3, 0.2], [-1.1, 1.4], [0.6, -0.4]]
)";
const std::string gaussian_regression = R"(
[model]
kind = "gaussian_regression"
feature_covariance = [[2.0, 0.6], [0.6, 1.0]]
label_noise_variance = 0.5
minimizer = [1.0, -2.0]
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

TEST(StatisticalLaw, sgd_without_replacement) {
    expect_law("twelve points",
               twelve_points + ensemble +
                   "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = [5, 6]\nmomentum = [0.0, 0.6]\n"
                   "update = [\"heavy_ball\", \"nesterov\"]\nsampling = \"without_replacement\"\n");
    expect_law("diabetes", diabetes + "[ensemble]\nchains = 4096\ndraws = 4\n" +
                               "[sweep]\ndynamics = \"sgd\"\neta0 = 0.001\nbatch_size = [40, 221]\nmomentum = 0.5\n"
                               "sampling = \"without_replacement\"\n");
}

/// Epochs of three batches, and of two with two training points left over: at their starts and in their middles.
TEST(StatisticalLaw, sgd_reshuffled) {
    expect_law("twelve points",
               twelve_points + ensemble +
                   "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = [4, 5]\nmomentum = [0.0, 0.6]\n"
                   "sampling = \"reshuffle\"\nepoch_position = [0, 1]\n");
}

TEST(StatisticalLaw, sgd_gaussian_regression) {
    expect_law("gaussian regression",
               gaussian_regression + ensemble +
                   "[sweep]\ndynamics = \"sgd\"\neta0 = 0.02\nbatch_size = [2, 8]\nmomentum = [0.0, 0.7]\n"
                   "update = [\"heavy_ball\", \"nesterov\"]\n");
}

/// ⟨|v|²⟩ of heavy ball, mode by mode: Var v = 2s/(B(1−μ)(2(1+μ) − ηh)) (docs/theory.md, section 4).
TEST(StatisticalLaw, velocity_squares) {
    const PlannedExperiment planned = plan_experiment(
        quadratic + ensemble + "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = 3\nmomentum = [0.0, 0.6]\n");
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes{Eigen::MatrixXd(planned.model.hessian)};
    const Eigen::MatrixXd noise =
        modes.eigenvectors().transpose() * planned.model.gradient_noise_covariance * modes.eigenvectors();
    for (const CellPlan& plan : planned.plans) {
        const Cell& cell = plan.cell;
        double expected = 0.0;
        for (Eigen::Index i = 0; i < noise.rows(); ++i) {
            const double x = cell.learning_rate * modes.eigenvalues()(i);
            expected +=
                2.0 * noise(i, i) /
                (static_cast<double>(cell.batch_size) * (1.0 - cell.momentum) * (2.0 * (1.0 + cell.momentum) - x));
        }
        const Estimate estimate = estimate_of(plan.program, plan.shards);
        EXPECT_LT(std::abs(estimate.velocity_square - expected) / estimate.velocity_square_standard_error,
                  unbelievable_t)
            << describe(cell);
        EXPECT_LT(estimate.velocity_square_standard_error, 0.01 * expected);
    }
}

TEST(StatisticalLaw, double_precision_agrees_too) {
    expect_law("double", quadratic + ensemble +
                             "[run]\nprecision = \"double\"\n[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = "
                             "[5]\nmomentum = 0.4\n");
}

/// The bugs of docs/theory.md section 9, planted in the program that the kernels get. Each must be plain at B = 8, μ =
/// 0.9 …
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

/// Of the covariance of an experiment's first cell.
double largest_t_of(const std::string& text, void (*plant)(CellProgram&)) {
    const PlannedExperiment planned = plan_experiment(text);
    CellPlan plan = planned.plans.front();
    if (plant != nullptr) plant(plan.program);
    return largest(entry_t(estimate_of(plan.program, plan.shards), exact_law(planned.model, plan.cell).covariance));
}

double largest_t_with(const PlantedBug* bug, int batch_size, double momentum) {
    return largest_t_of(quadratic +
                            "[sweep]\ndynamics = \"sgd\"\neta0 = 0.02\nbatch_size = " + std::to_string(batch_size) +
                            "\nmomentum = " + std::to_string(momentum) + "\n[ensemble]\nchains = 65536\ndraws = 4\n",
                        bug == nullptr ? nullptr : bug->plant);
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

std::string twelve_points_sampled(const std::string& sampling, int batch_size, int epoch_position) {
    return twelve_points + ensemble +
           "[sweep]\ndynamics = \"sgd\"\neta0 = 0.03\nbatch_size = " + std::to_string(batch_size) +
           "\nmomentum = 0.6\nsampling = \"" + sampling + "\"\nepoch_position = " + std::to_string(epoch_position) +
           "\n";
}

TEST(StatisticalLaw, planted_bugs_of_the_sampling_are_caught) {
    const auto replace = [](CellProgram& p) { p.sampling = BatchSampling::with_replacement; };
    const auto forget_the_epoch = [](CellProgram& p) { p.sampling = BatchSampling::without_replacement; };
    const auto one_step_late = [](CellProgram& p) { ++p.burn_in; };
    EXPECT_GT(largest_t_of(twelve_points_sampled("without_replacement", 6, 0), replace), 2 * unbelievable_t);
    for (const int position : {0, 1, 2}) {
        const std::string reshuffled = twelve_points_sampled("reshuffle", 4, position);
        EXPECT_LT(largest_t_of(reshuffled, nullptr), unbelievable_t) << position;
        EXPECT_GT(largest_t_of(reshuffled, forget_the_epoch), 2 * unbelievable_t) << position;
        EXPECT_GT(largest_t_of(reshuffled, one_step_late), 2 * unbelievable_t) << position;
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
