#include "host/base/error.h"
#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace stationary {
namespace {

/// A good experiment on five lines; each bad one changes or adds a line.
const std::string model_line = "[model]\nkind = \"quadratic\"\n";
const std::string matrices =
    "hessian = [[2.0, 0.3], [0.3, 1.0]]\ngradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]\n";
const std::string good = model_line + matrices + "[sweep]\neta0 = 0.01\n";  // lines 1 to 6; [sweep] is line 5

std::string with_matrices(const std::string& hessian, const std::string& noise) {
    return model_line + "hessian = " + hessian + "\ngradient_noise_covariance = " + noise + "\n[sweep]\neta0 = 0.01\n";
}
std::string with_sweep(const std::string& line) { return good + line + "\n"; }  // line 7
std::string with_table(const std::string& name, const std::string& line) {      // lines 7 and 8
    return good + "[" + name + "]\n" + line + "\n";
}
std::string least_squares(const std::string& lines) {  // lines 3 on
    return "[model]\nkind = \"least_squares\"\n" + lines + "[sweep]\neta0 = 0.01\n";
}

struct Row {
    std::string text;
    std::string message;
};

std::string message_of(const std::string& text, const Overrides& overrides = {}) {
    try {
        const Experiment experiment = parse_experiment(text, "x.toml", "nowhere", overrides);
        make_cells(experiment, build_loss_model(experiment));
    } catch (const InputError& error) {
        EXPECT_EQ(error.code(), ExitCode::bad_input);
        return error.what();
    }
    return "accepted";
}

void expect_one_line(const std::string& message) {
    EXPECT_TRUE(std::none_of(message.begin(), message.end(), [](unsigned char c) { return c < 32; })) << message;
}

void expect_messages(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        const std::string message = message_of(row.text);
        EXPECT_EQ(message, row.message) << row.text;
        expect_one_line(message);
    }
}

TEST(BadInput, TheGoodExperimentIsAccepted) { EXPECT_EQ(message_of(good), "accepted"); }

TEST(BadInput, UnknownKeysAndTables) {
    expect_messages({
        {with_sweep("batch_sise = 4"), "x.toml:7: sweep.batch_sise: unknown key (did you mean \"batch_size\"?)"},
        {with_sweep("batch = 4"), "x.toml:7: sweep.batch: unknown key (did you mean \"batch_size\"?)"},
        {with_sweep("seed = 4"), "x.toml:7: sweep.seed: unknown key (did you mean \"ensemble.seed\"?)"},
        {with_table("verdict", "tolerence = 0.1"),
         "x.toml:8: verdict.tolerence: unknown key (did you mean \"tolerance\"?)"},
        {with_table("verdict", "alarm = 0.1"),
         "x.toml:8: verdict.alarm: unknown key (known: tolerance, family_error_rate)"},
        {with_table("ensembel", "chains = 100"), "x.toml:7: ensembel: unknown table (did you mean \"ensemble\"?)"},
        {"titel = \"a\"\n" + good, "x.toml:1: titel: unknown key (did you mean \"title\"?)"},
        {"seed = 3\n" + good, "x.toml:1: seed: unknown key (did you mean \"ensemble.seed\"?)"},
        {with_table("gradient_noise", "drawz = 10"),
         "x.toml:8: gradient_noise.drawz: unknown key (did you mean \"draws\"?)"},
        {with_table("weighted_sum", "alfa = [1.0]"),
         "x.toml:8: weighted_sum.alfa: unknown key (did you mean \"alpha\"?)"},
        {with_table("run", "precison = \"float\""),
         "x.toml:8: run.precison: unknown key (did you mean \"precision\"?)"},
        {"sweep = 3\n", "x.toml:1: sweep: expected a table, got 3"},
        {with_table("[run]", "precision = \"float\""), "x.toml:7: run: expected a table, got a list"},
    });
}

TEST(BadInput, ReservedNames) {
    expect_messages({
        {with_table("underdamped", "friction = 1.0"), "x.toml:7: underdamped: reserved for a later version"},
        {model_line + "potential = \"double_well\"\n", "x.toml:3: model.potential: reserved for a later version"},
        {model_line + matrices + "gradient_noise_variance = 1.0\n",
         "x.toml:5: model.gradient_noise_variance: reserved for a later version"},
    });
}

TEST(BadInput, MalformedToml) {
    const auto expect_at_line = [](const std::string& text, const std::string& start) {
        const std::string message = message_of(text);
        EXPECT_EQ(message.rfind(start, 0), 0U) << message;
        expect_one_line(message);
    };
    expect_at_line(with_sweep("eta0 = 0.02"), "x.toml:7: not TOML: ");
    expect_at_line(with_sweep("momentum = [0.1"), "x.toml:7: not TOML: ");
    expect_at_line("title = \"\xff\n\"\n", "x.toml:1: not TOML: ");
    EXPECT_NE(message_of(with_sweep("eta0 = 0.02")).find("'eta0'"), std::string::npos);
}

TEST(BadInput, Sweep) {
    const std::string no_rate = model_line + matrices + "[sweep]\n";
    expect_messages({
        {no_rate, "x.toml:5: sweep.eta0: missing, expected a number > 0 or a list of them (or learning_rate)"},
        {model_line + matrices,
         "x.toml:1: sweep.eta0: missing, expected a number > 0 or a list of them (or learning_rate)"},
        {with_sweep("learning_rate = 0.1"),
         "x.toml:7: sweep.learning_rate: give either eta0 or learning_rate, not both"},
        {no_rate + "eta0 = 0.0", "x.toml:6: sweep.eta0: expected a number > 0, got 0.0"},
        {no_rate + "eta0 = -1", "x.toml:6: sweep.eta0: expected a number > 0, got -1"},
        {no_rate + "eta0 = [0.1,\n nan]", "x.toml:7: sweep.eta0: expected a number > 0, got nan"},
        {no_rate + "eta0 = inf", "x.toml:6: sweep.eta0: expected a number > 0, got inf"},
        {no_rate + "eta0 = \"small\"", "x.toml:6: sweep.eta0: expected a number > 0, got \"small\""},
        {no_rate + "eta0 = []", "x.toml:6: sweep.eta0: expected a value or a list of them, got an empty list"},
        {no_rate + "eta0 = [[0.1]]", "x.toml:6: sweep.eta0: expected a number > 0, got a list"},
        {no_rate + "eta0 = {a = 1}", "x.toml:6: sweep.eta0: expected a number > 0, got a table"},
        {no_rate + "eta0 = 2024-01-01", "x.toml:6: sweep.eta0: expected a number > 0, got a date or time"},
        {with_sweep("batch_size = 0"), "x.toml:7: sweep.batch_size: expected an integer from 1 to 2^31, got 0"},
        {with_sweep("batch_size = [1, 2.0]"),
         "x.toml:7: sweep.batch_size: expected an integer from 1 to 2^31, got 2.0"},
        {with_sweep("batch_size = 2147483649"),
         "x.toml:7: sweep.batch_size: expected an integer from 1 to 2^31, got 2147483649"},
        {with_sweep("momentum = 1"), "x.toml:7: sweep.momentum: expected a number in [0, 1), got 1"},
        {with_sweep("momentum = [0.5, -0.1]"), "x.toml:7: sweep.momentum: expected a number in [0, 1), got -0.1"},
        {with_sweep("dampening = 1.5"), "x.toml:7: sweep.dampening: expected a number in [0, 1), got 1.5"},
        {with_sweep("time_step = 0"), "x.toml:7: sweep.time_step: expected a number > 0, got 0"},
        {with_sweep("epoch_position = -1"),
         "x.toml:7: sweep.epoch_position: expected an integer from 0 to 2^31, got -1"},
        {with_sweep("dynamics = \"underdamped\""),
         "x.toml:7: sweep.dynamics: \"underdamped\" is not supported by this version (supported: langevin, sgd)"},
        {with_sweep("dynamics = \"langevim\""),
         "x.toml:7: sweep.dynamics: expected one of langevin, sgd, got \"langevim\" (did you mean \"langevin\"?)"},
        {with_sweep("update = 3"), "x.toml:7: sweep.update: expected one of heavy_ball, nesterov, ema, got 3"},
        {with_sweep("sampling = \"with_replacment\""),
         "x.toml:7: sweep.sampling: expected one of with_replacement, without_replacement, reshuffle, got "
         "\"with_replacment\" (did you mean \"with_replacement\"?)"},
        {with_sweep("sampling = \"reshuffle\""),
         "x.toml:7: sweep.sampling: \"reshuffle\" needs a finite set of training points: kind = \"least_squares\", or "
         "gradient_residuals"},
        {with_sweep("sampling = \"without_replacement\""),
         "x.toml:7: sweep.sampling: \"without_replacement\" needs a finite set of training points: kind = "
         "\"least_squares\", or gradient_residuals"},
    });
}

TEST(BadInput, EnsembleVerdictAndRun) {
    expect_messages({
        {with_table("ensemble", "chains = 1"), "x.toml:8: ensemble.chains: expected an integer from 2 to 2^40, got 1"},
        {with_table("ensemble", "chains = 1e6"),
         "x.toml:8: ensemble.chains: expected an integer from 2 to 2^40, got 1000000.0"},
        {with_table("ensemble", "draws = 0"), "x.toml:8: ensemble.draws: expected an integer from 1 to 2^31, got 0"},
        {with_table("ensemble", "shards = 63"),
         "x.toml:8: ensemble.shards: expected \"auto\" or an integer from 64 to 2^31, got 63"},
        {with_table("ensemble", "burn_in = -1"),
         "x.toml:8: ensemble.burn_in: expected \"auto\" or an integer from 0 to 2^48, got -1"},
        {with_table("ensemble", "stride = \"atuo\""),
         "x.toml:8: ensemble.stride: expected \"auto\" or an integer from 1 to 2^31, got \"atuo\""},
        {with_table("ensemble", "stride = 0"),
         "x.toml:8: ensemble.stride: expected \"auto\" or an integer from 1 to 2^31, got 0"},
        {with_table("ensemble", "seed = -1"),
         "x.toml:8: ensemble.seed: expected an integer from 0 to 2^63 - 1, got -1"},
        {with_table("ensemble", "seed = \"18446744073709551616\""),
         "x.toml:8: ensemble.seed: expected an integer from 0 to 2^63 - 1, got \"18446744073709551616\""},
        {with_table("ensemble", "seed = \"one\""),
         "x.toml:8: ensemble.seed: expected an integer from 0 to 2^63 - 1, got \"one\""},
        {with_table("ensemble", "initial = \"zero\""),
         "x.toml:8: ensemble.initial: expected \"minimizer\" or a list of numbers, got \"zero\""},
        {with_table("ensemble", "initial = 0.0"), "x.toml:8: ensemble.initial: expected a list of numbers, got 0.0"},
        {with_table("ensemble", "initial = [0.0, 1.0, 2.0]"),
         "x.toml:8: ensemble.initial: has 3 entries, but the model has dimension 2"},
        {with_table("verdict", "tolerance = 0"), "x.toml:8: verdict.tolerance: expected a number in (0, 1), got 0"},
        {with_table("verdict", "tolerance = 1.0"), "x.toml:8: verdict.tolerance: expected a number in (0, 1), got 1.0"},
        {with_table("verdict", "family_error_rate = 2"),
         "x.toml:8: verdict.family_error_rate: expected a number in (0, 1), got 2"},
        {with_table("run", "precision = \"half\""),
         "x.toml:8: run.precision: expected one of float, double, got \"half\""},
        {with_table("run", "normals = true"), "x.toml:8: run.normals: expected one of reproducible, fast, got true"},
        {with_table("run", "allow_unstable = 1"), "x.toml:8: run.allow_unstable: expected true or false, got 1"},
        {"title = 3\n" + good, "x.toml:1: title: expected a string, got 3"},
    });
}

TEST(BadInput, Model) {
    expect_messages({
        {"", "x.toml:1: model.kind: missing, expected one of quadratic, least_squares, gaussian_regression"},
        {"\n[model]\n", "x.toml:2: model.kind: missing, expected one of quadratic, least_squares, gaussian_regression"},
        {"[model]\nkind = \"logistic\"\n",
         "x.toml:2: model.kind: \"logistic\" is not supported by this version (supported: quadratic, least_squares, "
         "gaussian_regression)"},
        {"[model]\nkind = \"potential\"\n",
         "x.toml:2: model.kind: \"potential\" is not supported by this version (supported: quadratic, least_squares, "
         "gaussian_regression)"},
        {"[model]\nkind = \"quadratc\"\n",
         "x.toml:2: model.kind: expected one of quadratic, least_squares, gaussian_regression, got \"quadratc\" (did "
         "you mean "
         "\"quadratic\"?)"},
        {model_line + "ridge = 0.1\n" + matrices, "x.toml:3: model.ridge: does not apply to kind = \"quadratic\""},
        {model_line, "x.toml:1: model.hessian: missing, expected a square matrix"},
        {model_line + "hessian = [[1.0]]\n",
         "x.toml:1: model.gradient_noise_covariance: missing, expected a square matrix (or gradient_residuals)"},
        {with_matrices("2.0", "[[1.0]]"),
         "x.toml:3: model.hessian: expected a square matrix such as [[2.0, 0.3], [0.3, 1.0]], got 2.0"},
        {with_matrices("[1.0, 2.0]", "[[1.0]]"), "x.toml:3: model.hessian: expected a row of numbers, got 1.0"},
        {with_matrices("[[1.0, 0.0],\n [0.0]]", "[[1.0]]"),
         "x.toml:4: model.hessian: expected a square matrix, but row 2 of 2 has 1 entries"},
        {with_matrices("[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]", "[[1.0]]"),
         "x.toml:3: model.hessian: expected a square matrix, but row 1 of 2 has 3 entries"},
        {with_matrices("[[nan]]", "[[1.0]]"), "x.toml:3: model.hessian: expected a finite number, got nan"},
        {with_matrices("[[1.0, 0.5], [0.4, 1.0]]", "[[1.0]]"),
         "x.toml:3: model.hessian: not symmetric: entry (1, 2) is 0.5, entry (2, 1) is 0.4"},
        {with_matrices("[[1.0, 2.0], [2.0, 1.0]]", "[[1.0]]"),
         "x.toml:3: model.hessian: not positive definite: its smallest eigenvalue is -1"},
        {with_matrices("[[0.0]]", "[[1.0]]"),
         "x.toml:3: model.hessian: not positive definite: its smallest eigenvalue is 0"},
        {with_matrices("[[1.0]]", "[[-0.25]]"),
         "x.toml:4: model.gradient_noise_covariance: not positive semi-definite: its smallest eigenvalue is -0.25"},
        {with_matrices("[[1.0]]", "[[1.0, 0.0], [0.0, 1.0]]"),
         "x.toml:4: model.gradient_noise_covariance: has dimension 2, but model.hessian has dimension 1"},
        {model_line + matrices + "minimizer = [1.0]\n[sweep]\neta0 = 0.1\n",
         "x.toml:5: model.minimizer: has dimension 1, but model.hessian has dimension 2"},
        {model_line + matrices + "minimizer = []\n",
         "x.toml:5: model.minimizer: expected a list of numbers, got an empty list"},
    });
}

TEST(BadInput, FiniteSetsOfTrainingPoints) {
    const auto with_residuals = [](const std::string& residuals, const std::string& lines) {  // lines 6 on
        return model_line + "hessian = [[2.0, 0.3], [0.3, 1.0]]\ngradient_residuals = " + residuals +
               "\n[sweep]\neta0 = 0.01\n" + lines;
    };
    const std::string five = "[[1, 0], [2, 1], [0, 0], [1, 1], [3, 2]]";
    const std::string shuffled = "sampling = \"reshuffle\"\n";
    expect_messages({
        {with_residuals(five, shuffled), "accepted"},
        {with_residuals(five, shuffled + "batch_size = 2\nepoch_position = [0, 1]"), "accepted"},
        {with_residuals(five, "gradient_noise_covariance = [[1.0]]"),
         "x.toml:7: sweep.gradient_noise_covariance: unknown key (did you mean \"model.gradient_noise_covariance\"?)"},
        {model_line + matrices + "gradient_residuals = \"r.csv\"\n",
         "x.toml:5: model.gradient_residuals: give either gradient_noise_covariance or gradient_residuals, not both"},
        {with_residuals("\"r.txt\"", ""),
         "x.toml:4: model.gradient_residuals: expected the path of a .csv or .npy file, or a list of rows, got "
         "\"r.txt\""},
        {with_residuals("3", ""),
         "x.toml:4: model.gradient_residuals: expected the path of a .csv or .npy file, or a list of rows, got 3"},
        {with_residuals("\"r.csv\"", ""), "x.toml:4: model.gradient_residuals: no such file: nowhere/r.csv"},
        {with_residuals("[]", ""),
         "x.toml:4: model.gradient_residuals: expected a list of rows such as [[2.0, 0.3], [0.3, 1.0]], got an empty "
         "list"},
        {with_residuals("[1.0, 2.0]", ""), "x.toml:4: model.gradient_residuals: expected a row of numbers, got 1.0"},
        {with_residuals("[[1.0, 2.0], [1.0]]", ""),
         "x.toml:4: model.gradient_residuals: expected rows of equal length, but row 2 has 1 entries and row 1 has 2"},
        {with_residuals("[[1.0, inf], [1.0, 0.0]]", ""),
         "x.toml:4: model.gradient_residuals: expected a finite number, got inf"},
        {with_residuals("[[1.0], [1.0]]", ""),
         "x.toml:4: model.gradient_residuals: has dimension 1, but model.hessian has dimension 2"},
        {with_residuals("[[1.0, 2.0]]", ""),
         "x.toml:4: model.gradient_residuals: 1 training points, expected at least 2"},
        {with_residuals("[[1e300, 2.0], [-1e300, 1.0]]", ""),
         "x.toml:4: model.gradient_residuals: too large, their covariance overflows"},
        {with_residuals(five, "batch_size = 6\nsampling = \"without_replacement\""),
         "x.toml:7: sweep.batch_size: 6 is more than the 5 training points, which sampling = \"without_replacement\" "
         "cannot draw"},
        {with_residuals(five, shuffled + "batch_size = [1, 2]\nepoch_position = [0, 2]"),
         "x.toml:9: sweep.epoch_position: sgd reshuffle B=2 eta0=0.01 position=2: an epoch has 2 steps, expected 0 to "
         "1"},
        {with_residuals(five, shuffled + "batch_size = 5\nepoch_position = 1"),
         "x.toml:9: sweep.epoch_position: sgd reshuffle B=5 eta0=0.01 position=1: an epoch has 1 steps, expected 0 to "
         "0"},
    });
}

TEST(BadInput, GaussianRegression) {
    const auto regression = [](const std::string& lines) {  // lines 3 on
        return "[model]\nkind = \"gaussian_regression\"\n" + lines + "[sweep]\neta0 = 0.01\n";
    };
    const std::string covariance = "feature_covariance = [[2.0, 0.5], [0.5, 1.0]]\n";
    expect_messages({
        {regression(covariance), "accepted"},
        {regression(covariance + "label_noise_variance = 0\n"), "accepted"},
        {regression(""), "x.toml:1: model.feature_covariance: missing, expected a square matrix"},
        {regression("feature_covariance = [[2.0, 0.5], [0.4, 1.0]]\n"),
         "x.toml:3: model.feature_covariance: not symmetric: entry (1, 2) is 0.5, entry (2, 1) is 0.4"},
        {regression("feature_covariance = [[1.0, 1.0], [1.0, 1.0]]\n"),
         "x.toml:3: model.feature_covariance: not positive definite: its smallest eigenvalue is 0"},
        {regression(covariance + "label_noise_variance = -1\n"),
         "x.toml:4: model.label_noise_variance: expected a number >= 0, got -1"},
        {regression(covariance + "minimizer = [1.0]\n"),
         "x.toml:4: model.minimizer: has dimension 1, but model.feature_covariance has dimension 2"},
        {regression(covariance + "hessian = [[1.0]]\n"),
         "x.toml:4: model.hessian: does not apply to kind = \"gaussian_regression\""},
        {regression(covariance + "ridge = 0.1\n"),
         "x.toml:4: model.ridge: does not apply to kind = \"gaussian_regression\""},
        {regression(covariance) + "sampling = \"reshuffle\"\n",
         "x.toml:6: sweep.sampling: \"reshuffle\" needs a finite set of training points: kind = \"least_squares\", or "
         "gradient_residuals"},
        {model_line + matrices + "label_noise_variance = 1\n",
         "x.toml:5: model.label_noise_variance: does not apply to kind = \"quadratic\""},
    });
}

TEST(BadInput, GradientNoiseAndWeightedSum) {
    expect_messages({
        {with_table("gradient_noise", "at = \"here\""),
         "x.toml:8: gradient_noise.at: expected \"minimizer\" or a list of numbers, got \"here\""},
        {with_table("gradient_noise", "at = [nan, 0]"),
         "x.toml:8: gradient_noise.at: expected a finite number, got nan"},
        {with_table("gradient_noise", "at = [0.0]"),
         "x.toml:8: gradient_noise.at: has 1 entries, but the model has dimension 2"},
        {with_table("gradient_noise", "draws = 63"),
         "x.toml:8: gradient_noise.draws: expected an integer from 64 to 2^40, got 63"},
        {with_table("weighted_sum", "alpha = []"),
         "x.toml:8: weighted_sum.alpha: expected a value or a list of them, got an empty list"},
        {with_table("weighted_sum", "alpha = [1.0, inf]"),
         "x.toml:8: weighted_sum.alpha: expected a finite number, got inf"},
        {with_table("weighted_sum", "alpha = [0, 0.0]"),
         "x.toml:8: weighted_sum.alpha: expected a weight that is not 0"},
        {with_table("weighted_sum", "alpha = [1.0]\nprofile = \"uniform\""),
         "x.toml:8: weighted_sum.alpha: give either alpha or profile, not both"},
        {with_table("weighted_sum", "profile = \"unifrom\""),
         "x.toml:8: weighted_sum.profile: expected one of uniform, momentum, random, got \"unifrom\" (did you mean "
         "\"uniform\"?)"},
        {with_table("weighted_sum", "length = 3"), "x.toml:8: weighted_sum.length: applies to a profile only"},
        {with_table("weighted_sum", "profile = \"uniform\"\nlength = 0"),
         "x.toml:9: weighted_sum.length: expected an integer from 1 to 2^20, got 0"},
        {with_table("weighted_sum", "profile = \"uniform\"\nmomentum = 0.5"),
         "x.toml:9: weighted_sum.momentum: applies to profile = \"momentum\" only"},
        {with_table("weighted_sum", "profile = \"momentum\"\nmomentum = 1.0"),
         "x.toml:9: weighted_sum.momentum: expected a number in [0, 1), got 1.0"},
        {with_table("weighted_sum", "draws = 1e6"),
         "x.toml:8: weighted_sum.draws: expected an integer from 64 to 2^40, got 1000000.0"},
        {with_table("weighted_sum", "window = [1, 0]"),
         "x.toml:8: weighted_sum.window: expected an integer from 1 to 2^20, got 0"},
        {with_table("weighted_sum", "window = 1048577"),
         "x.toml:8: weighted_sum.window: expected an integer from 1 to 2^20, got 1048577"},
    });
}

TEST(BadInput, LeastSquares) {
    expect_messages({
        {least_squares("target = \"y\"\n"), "x.toml:1: model.data: missing, expected the path of a .csv or .npy file"},
        {least_squares("data = 3\ntarget = \"y\"\n"),
         "x.toml:3: model.data: expected the path of a .csv or .npy file, got 3"},
        {least_squares("data = \"a.txt\"\ntarget = \"y\"\n"),
         "x.toml:3: model.data: expected the path of a .csv or .npy file, got \"a.txt\""},
        {least_squares("data = \"a.csv\"\n"), "x.toml:1: model.target: missing, expected the column to predict"},
        {least_squares("data = \"a.csv\"\ntarget = 3\n"), "x.toml:4: model.target: expected a column name, got 3"},
        {least_squares("data = \"a.npy\"\ntarget = \"y\"\n"),
         "x.toml:4: model.target: expected a column index >= 0, as the data file is .npy, got \"y\""},
        {least_squares("data = \"a.npy\"\ntarget = -1\n"),
         "x.toml:4: model.target: expected a column index >= 0, as the data file is .npy, got -1"},
        {least_squares("data = \"a.csv\"\ntarget = \"y\"\nridge = -0.1\n"),
         "x.toml:5: model.ridge: expected a number >= 0, got -0.1"},
        {least_squares("data = \"a.csv\"\ntarget = \"y\"\nstandardize = \"yes\"\n"),
         "x.toml:5: model.standardize: expected true or false, got \"yes\""},
        {least_squares("data = \"a.csv\"\ntarget = \"y\"\nhessian = [[1.0]]\n"),
         "x.toml:5: model.hessian: does not apply to kind = \"least_squares\""},
        {least_squares("data = \"a.csv\"\ntarget = \"y\"\n"), "x.toml:3: model.data: no such file: nowhere/a.csv"},
    });
}

TEST(BadInput, CommandLine) {
    const auto set = [](const std::string& text) {
        Overrides overrides;
        overrides.set = {text};
        const std::string message = message_of(good, overrides);
        expect_one_line(message);
        return message;
    };
    EXPECT_EQ(set("sweep.batch_sise=4"),
              "--set sweep.batch_sise=4: sweep.batch_sise: unknown key (did you mean \"batch_size\"?)");
    EXPECT_EQ(set("sweep.batch_size=[1, 0]"),
              "--set sweep.batch_size=[1, 0]: sweep.batch_size: expected an integer from 1 to 2^31, got 0");
    EXPECT_EQ(set("swep.batch_size=1"), "--set swep.batch_size=1: swep: unknown table (did you mean \"sweep\"?)");
    EXPECT_EQ(set("sweep.batch_size=[1,"), "--set sweep.batch_size=[1,: sweep.batch_size: expected a TOML value");
    EXPECT_EQ(set("sweep.eta0=1\nx=2"), "--set sweep.eta0=1 x=2: sweep.eta0: expected one TOML value");
    EXPECT_EQ(set("sweep.eta0="), "--set sweep.eta0=: sweep.eta0: expected a TOML value");
    EXPECT_EQ(set("sweep.eta0"), "--set sweep.eta0: expected table.key=value, such as sweep.batch_size=[1,8]");
    EXPECT_EQ(set("a.b.c=1"), "--set a.b.c=1: expected table.key=value, such as sweep.batch_size=[1,8]");
    EXPECT_EQ(set("=1"), "--set =1: expected table.key=value, such as sweep.batch_size=[1,8]");
    EXPECT_EQ(set("sweep.dynamics=sdg"),
              "--set sweep.dynamics=sdg: sweep.dynamics: expected one of langevin, sgd, got \"sdg\" (did you mean "
              "\"sgd\"?)");
    EXPECT_EQ(set("model.hessian=[[1.0, 2.0], [2.0, 1.0]]"),
              "--set model.hessian=[[1.0, 2.0], [2.0, 1.0]]: model.hessian: not positive definite: its smallest "
              "eigenvalue is -1");
    EXPECT_EQ(set("sweep={momentum=0.5}"),
              "--set sweep={momentum=0.5}: sweep.eta0: missing, expected a number > 0 or a list of them (or "
              "learning_rate)");
    EXPECT_EQ(set("title.x=1"), "--set title.x=1: title: expected a string, got a table");
    EXPECT_EQ(set("run.precision.x=1"),
              "--set run.precision.x=1: expected table.key=value, such as sweep.batch_size=[1,8]");
    Overrides chains;
    chains.chains = 1;
    EXPECT_EQ(message_of(good, chains), "--chains 1: ensemble.chains: expected an integer from 2 to 2^40, got 1");
}

TEST(BadInput, MissingExperimentFileIsBadInputAndAFolderIsAnInputOutputError) {
    try {
        load_experiment("/nonexistent/x.toml", {});
        FAIL() << "accepted";
    } catch (const UserError& error) {
        EXPECT_EQ(error.code(), ExitCode::bad_input);
        EXPECT_STREQ(error.what(), "/nonexistent/x.toml: cannot open: No such file or directory");
    }
    try {
        load_experiment(testing::TempDir(), {});
        FAIL() << "accepted";
    } catch (const UserError& error) {
        EXPECT_EQ(error.code(), ExitCode::input_output);
        expect_one_line(error.what());
    }
}

}  // namespace
}  // namespace stationary
