#include "host/experiment/experiment.h"
#include "host/base/error.h"

#include "host/base/suggestion.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <locale>
#include <sstream>

namespace stationary {
namespace {

const std::string quadratic =
    "title = \"two by two\"\n"
    "[model]\n"
    "kind = \"quadratic\"\n"
    "hessian = [[2.0, 0.3], [0.3, 1]]\n"
    "gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]\n"
    "[sweep]\n"
    "eta0 = 0.01\n";

const std::string least_squares =
    "[model]\n"
    "kind = \"least_squares\"\n"
    "data = \"data/diabetes.csv\"\n"
    "target = \"target\"\n"
    "ridge = 0.1\n"
    "[sweep]\n"
    "learning_rate = [0.1, 0.025]\n";

Experiment parse(const std::string& text, const Overrides& overrides = {}) {
    return parse_experiment(text, "x.toml", "folder", overrides);
}

Experiment parse_with(const std::vector<std::string>& set) {
    Overrides overrides;
    overrides.set = set;
    return parse(quadratic, overrides);
}

/// Every value of an experiment; file, directory and locations say where it came from and are left out.
void expect_equal(const Experiment& a, const Experiment& b) {
    EXPECT_EQ(a.title, b.title);
    EXPECT_EQ(a.model.kind, b.model.kind);
    EXPECT_EQ(a.model.hessian, b.model.hessian);
    EXPECT_EQ(a.model.gradient_noise_covariance, b.model.gradient_noise_covariance);
    EXPECT_EQ(a.model.gradient_residuals, b.model.gradient_residuals);
    EXPECT_EQ(a.model.gradient_residuals_file, b.model.gradient_residuals_file);
    EXPECT_EQ(a.model.minimizer, b.model.minimizer);
    EXPECT_EQ(a.model.feature_covariance, b.model.feature_covariance);
    EXPECT_EQ(a.model.label_noise_variance, b.model.label_noise_variance);
    EXPECT_EQ(a.model.data, b.model.data);
    EXPECT_EQ(a.model.target, b.model.target);
    EXPECT_EQ(a.model.standardize, b.model.standardize);
    EXPECT_EQ(a.model.ridge, b.model.ridge);
    EXPECT_EQ(a.sweep.dynamics, b.sweep.dynamics);
    EXPECT_EQ(a.sweep.eta0, b.sweep.eta0);
    EXPECT_EQ(a.sweep.learning_rate, b.sweep.learning_rate);
    EXPECT_EQ(a.sweep.batch_size, b.sweep.batch_size);
    EXPECT_EQ(a.sweep.momentum, b.sweep.momentum);
    EXPECT_EQ(a.sweep.update, b.sweep.update);
    EXPECT_EQ(a.sweep.dampening, b.sweep.dampening);
    EXPECT_EQ(a.sweep.sampling, b.sweep.sampling);
    EXPECT_EQ(a.sweep.epoch_position, b.sweep.epoch_position);
    EXPECT_EQ(a.sweep.time_step, b.sweep.time_step);
    EXPECT_EQ(a.ensemble.chains, b.ensemble.chains);
    EXPECT_EQ(a.ensemble.draws, b.ensemble.draws);
    EXPECT_EQ(a.ensemble.shards, b.ensemble.shards);
    EXPECT_EQ(a.ensemble.burn_in, b.ensemble.burn_in);
    EXPECT_EQ(a.ensemble.stride, b.ensemble.stride);
    EXPECT_EQ(a.ensemble.initial, b.ensemble.initial);
    EXPECT_EQ(a.ensemble.seed, b.ensemble.seed);
    EXPECT_EQ(a.verdict.tolerance, b.verdict.tolerance);
    EXPECT_EQ(a.verdict.family_error_rate, b.verdict.family_error_rate);
    EXPECT_EQ(a.gradient_noise.at, b.gradient_noise.at);
    EXPECT_EQ(a.gradient_noise.draws, b.gradient_noise.draws);
    EXPECT_EQ(a.weighted_sum.alpha, b.weighted_sum.alpha);
    EXPECT_EQ(a.weighted_sum.profile, b.weighted_sum.profile);
    EXPECT_EQ(a.weighted_sum.length, b.weighted_sum.length);
    EXPECT_EQ(a.weighted_sum.momentum, b.weighted_sum.momentum);
    EXPECT_EQ(a.weighted_sum.draws, b.weighted_sum.draws);
    EXPECT_EQ(a.weighted_sum.window, b.weighted_sum.window);
    EXPECT_EQ(a.run.precision, b.run.precision);
    EXPECT_EQ(a.run.normals, b.run.normals);
    EXPECT_EQ(a.run.allow_unstable, b.run.allow_unstable);
}

TEST(Experiment, DefaultsAreThoseOfTheInterface) {
    const Experiment experiment = parse(quadratic);
    EXPECT_EQ(experiment.title, "two by two");
    EXPECT_EQ(experiment.file, "x.toml");
    EXPECT_EQ(experiment.directory, "folder");
    EXPECT_EQ(experiment.model.hessian(1, 1), 1.0);
    EXPECT_EQ(experiment.model.minimizer, Vector::Zero(2));
    EXPECT_EQ(experiment.sweep.eta0, std::vector<double>{0.01});
    EXPECT_EQ(experiment.ensemble.chains, 65536);
    EXPECT_FALSE(experiment.ensemble.burn_in.has_value());
    EXPECT_FALSE(experiment.ensemble.initial.has_value());
    expect_equal(parse(quadratic + "[ensemble]\nchains = 65536\ndraws = 8\nshards = \"auto\"\nburn_in = \"auto\"\n"
                                   "stride = \"auto\"\ninitial = \"minimizer\"\nseed = 1\n[verdict]\ntolerance = 0.01\n"
                                   "family_error_rate = 1e-3\n[gradient_noise]\nat = \"minimizer\"\ndraws = 10000000\n"
                                   "[weighted_sum]\ndraws = 10000000\nwindow = [1, 2, 5, 10, 50, "
                                   "200]\n[run]\nprecision = \"float\"\nnormals = \"reproducible\"\n"
                                   "allow_unstable = false\n"),
                 experiment);
}

TEST(Experiment, EveryKeyIsRead) {
    const Experiment experiment = parse(
        quadratic +
        "dynamics = \"sgd\"\nbatch_size = [1, 2147483648]\nmomentum = [0, 0.9]\nupdate = [\"ema\", \"nesterov\"]\n"
        "dampening = 0.5\nsampling = [\"reshuffle\", \"without_replacement\"]\nepoch_position = [0, 3]\ntime_step = 2\n"
        "[ensemble]\nchains = 1099511627776\ndraws = 3\nshards = 64\nburn_in = 0\nstride = 1\ninitial = [1, -2.5]\n"
        "seed = 9223372036854775807\n[verdict]\ntolerance = 0.5\nfamily_error_rate = 1e-9\n[run]\nprecision = "
        "\"double\"\nnormals = \"fast\"\nallow_unstable = true\n");
    EXPECT_EQ(experiment.sweep.dynamics, std::vector<Dynamics>{Dynamics::sgd});
    EXPECT_EQ(experiment.sweep.batch_size, (std::vector<std::int64_t>{1, 2147483648}));
    EXPECT_EQ(experiment.sweep.momentum, (std::vector<double>{0.0, 0.9}));
    EXPECT_EQ(experiment.sweep.update, (std::vector<UpdateRule>{UpdateRule::ema, UpdateRule::nesterov}));
    EXPECT_EQ(experiment.sweep.dampening, std::vector<double>{0.5});
    EXPECT_EQ(experiment.sweep.sampling, (std::vector<Sampling>{Sampling::reshuffle, Sampling::without_replacement}));
    EXPECT_EQ(experiment.sweep.epoch_position, (std::vector<std::int64_t>{0, 3}));
    EXPECT_EQ(experiment.sweep.time_step, std::vector<double>{2.0});
    EXPECT_EQ(experiment.ensemble.chains, std::int64_t{1} << 40);
    EXPECT_EQ(experiment.ensemble.draws, 3);
    EXPECT_EQ(experiment.ensemble.shards, 64);
    EXPECT_EQ(experiment.ensemble.burn_in, 0);
    EXPECT_EQ(experiment.ensemble.stride, 1);
    EXPECT_EQ(experiment.ensemble.initial, Vector(Eigen::Vector2d(1.0, -2.5)));
    EXPECT_EQ(experiment.ensemble.seed, 9223372036854775807U);
    EXPECT_EQ(experiment.verdict.tolerance, 0.5);
    EXPECT_EQ(experiment.verdict.family_error_rate, 1e-9);
    EXPECT_EQ(experiment.run.precision, Precision::double_precision);
    EXPECT_EQ(experiment.run.normals, Normals::fast);
    EXPECT_TRUE(experiment.run.allow_unstable);
}

const std::string gaussian_regression =
    "[model]\nkind = \"gaussian_regression\"\nfeature_covariance = [[2.0, 0.5], [0.5, 1.0]]\n"
    "label_noise_variance = 0.25\nminimizer = [1, -1]\n[sweep]\neta0 = 0.01\n";

std::string with_residuals(const std::string& residuals) {
    return "[model]\nkind = \"quadratic\"\nhessian = [[2.0, 0.3], [0.3, 1]]\ngradient_residuals = " + residuals +
           "\n[sweep]\neta0 = 0.01\n";
}

TEST(Experiment, GaussianRegressionIsRead) {
    const ModelSpec model = parse(gaussian_regression).model;
    EXPECT_EQ(model.kind, ModelKind::gaussian_regression);
    EXPECT_EQ(model.feature_covariance, (Matrix(2, 2) << 2.0, 0.5, 0.5, 1.0).finished());
    EXPECT_EQ(model.label_noise_variance, 0.25);
    EXPECT_EQ(model.minimizer, Vector(Eigen::Vector2d(1.0, -1.0)));
    const ModelSpec defaults =
        parse("[model]\nkind = \"gaussian_regression\"\nfeature_covariance = [[2]]\n[sweep]\neta0 = 1\n").model;
    EXPECT_EQ(defaults.label_noise_variance, 1.0);
    EXPECT_EQ(defaults.minimizer, Vector::Zero(1));
}

TEST(Experiment, GradientResidualsAreInlineOrAFile) {
    const ModelSpec inline_rows = parse(with_residuals("[[1, 2], [3.5, -4], [0, 1]]")).model;
    EXPECT_EQ(inline_rows.gradient_residuals, (Matrix(3, 2) << 1, 2, 3.5, -4, 0, 1).finished());
    EXPECT_TRUE(inline_rows.gradient_residuals_file.empty());
    const ModelSpec file = parse(with_residuals("\"data/r.CSV\"")).model;
    EXPECT_EQ(file.gradient_residuals_file, "data/r.CSV");
    EXPECT_EQ(file.gradient_residuals.size(), 0);
}

TEST(Experiment, TablesOfTheOtherCommandsAreRead) {
    const Experiment experiment =
        parse(quadratic +
              "[gradient_noise]\nat = [1, 2.5]\ndraws = 64\n[weighted_sum]\nalpha = [0.5, -0.25]\ndraws = 100\n"
              "window = 7\n");
    EXPECT_EQ(experiment.gradient_noise.at, Vector(Eigen::Vector2d(1.0, 2.5)));
    EXPECT_EQ(experiment.gradient_noise.draws, 64);
    EXPECT_EQ(experiment.weighted_sum.alpha, (std::vector<double>{0.5, -0.25}));
    EXPECT_FALSE(experiment.weighted_sum.profile.has_value());
    EXPECT_EQ(experiment.weighted_sum.draws, 100);
    EXPECT_EQ(experiment.weighted_sum.window, std::vector<std::int64_t>{7});
    const WeightedSumSpec profile =
        parse(quadratic + "[weighted_sum]\nprofile = \"momentum\"\nlength = 3\nmomentum = 0.5\n").weighted_sum;
    EXPECT_EQ(profile.profile, WeightProfile::momentum);
    EXPECT_EQ(profile.length, 3);
    EXPECT_EQ(profile.momentum, 0.5);
    EXPECT_TRUE(profile.alpha.empty());
}

TEST(Experiment, SeedsOfSixtyFourBitsComeFromTheCommandLine) {
    for (const std::uint64_t seed :
         {std::uint64_t{0}, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, UINT64_MAX}) {
        Overrides overrides;
        overrides.seed = seed;
        const Experiment experiment = parse(quadratic, overrides);
        EXPECT_EQ(experiment.ensemble.seed, seed);
        expect_equal(parse(to_toml(experiment)), experiment);
    }
    EXPECT_EQ(parse_with({"ensemble.seed=9223372036854775808"}).ensemble.seed, std::uint64_t{1} << 63);
}

TEST(Experiment, TomlTextReadsBackAsTheSameExperiment) {
    const std::vector<std::string> texts{
        quadratic,
        least_squares,
        quadratic +
            "momentum = [0.1, 0.30000000000000004, 1e-300]\nupdate = [\"ema\", \"heavy_ball\"]\n"
            "dampening = [0.25, 0.0]\n[ensemble]\ninitial = [1e22, -3.3333333333333335]\nshards = 100\n"
            "burn_in = 7\nstride = 3\nseed = 9223372036854775807\n[run]\nprecision = \"double\"\n",
        gaussian_regression,
        with_residuals("[[1, 2], [0.1, -1e-7], [0, 1]]"),
        with_residuals("\"r.npy\""),
        quadratic + "[gradient_noise]\nat = [0.1, 2]\ndraws = 640\n[weighted_sum]\nalpha = 0.1\nwindow = [3, 4]\n",
        quadratic + "[weighted_sum]\nprofile = \"momentum\"\nlength = 5\nmomentum = 0.7\ndraws = 99\n",
        quadratic + "[weighted_sum]\nprofile = \"random\"\nlength = 4\n",
        "title = 'quotes \" and \\ and a tab\tand \u03b7'\n" + least_squares + "sampling = \"reshuffle\"\n",
        "[model]\nkind = \"least_squares\"\ndata = \"a.npy\"\ntarget = 10\nstandardize = false\n[sweep]\neta0 = 1\n"};
    for (const auto& text : texts) {
        const Experiment experiment = parse(text);
        SCOPED_TRACE(to_toml(experiment));
        expect_equal(parse(to_toml(experiment)), experiment);
        EXPECT_EQ(to_toml(parse(to_toml(experiment))), to_toml(experiment));
    }
}

class DecimalComma : public std::numpunct<char> {
  protected:
    char do_decimal_point() const override { return ','; }
};

TEST(Experiment, NumbersDoNotDependOnTheLocale) {
    const Experiment expected = parse(least_squares);
    const std::locale previous = std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
    const std::string text = to_toml(expected);
    const Experiment read = parse(text);
    std::locale::global(previous);
    EXPECT_EQ(text, to_toml(expected));
    expect_equal(read, expected);
}

TEST(Experiment, SetOverridesTheFile) {
    EXPECT_EQ(parse_with({"sweep.batch_size=[1,8]"}).sweep.batch_size, (std::vector<std::int64_t>{1, 8}));
    EXPECT_EQ(parse_with({"sweep.eta0 = 0.5"}).sweep.eta0, std::vector<double>{0.5});
    EXPECT_EQ(parse_with({"sweep.dynamics=sgd"}).sweep.dynamics, std::vector<Dynamics>{Dynamics::sgd});
    EXPECT_EQ(parse_with({"sweep.dynamics=\"sgd\""}).sweep.dynamics, std::vector<Dynamics>{Dynamics::sgd});
    EXPECT_EQ(parse_with({"title=a-word"}).title, "a-word");
    EXPECT_EQ(parse_with({"verdict.tolerance=0.5"}).verdict.tolerance, 0.5);
    EXPECT_EQ(parse_with({"ensemble.draws=2", "ensemble.draws=3"}).ensemble.draws, 3);
    EXPECT_EQ(parse_with({"sweep={eta0=2,momentum=0.5}"}).sweep.momentum, std::vector<double>{0.5});
    EXPECT_EQ(parse_with({"model.hessian=[[3.0, 0.0], [0.0, 4.0]]"}).model.hessian(1, 1), 4.0);
}

TEST(Experiment, OptionsOverrideSet) {
    Overrides overrides;
    overrides.set = {"ensemble.seed=2", "ensemble.chains=100", "run.normals=fast"};
    overrides.seed = 3;
    EXPECT_EQ(parse(quadratic, overrides).ensemble.seed, 3U);
    EXPECT_EQ(parse(quadratic, overrides).ensemble.chains, 100);
    EXPECT_EQ(parse(quadratic, overrides).run.normals, Normals::fast);
    overrides.chains = 200;
    overrides.normals = Normals::reproducible;
    EXPECT_EQ(parse(quadratic, overrides).ensemble.chains, 200);
    EXPECT_EQ(parse(quadratic, overrides).run.normals, Normals::reproducible);
}

TEST(Experiment, LocationsNameTheLineOrTheOption) {
    Overrides overrides;
    overrides.set = {"sweep.momentum=0.5"};
    const Experiment experiment = parse(quadratic, overrides);
    EXPECT_EQ(locate(experiment, "sweep.eta0"), "x.toml:7: sweep.eta0");
    EXPECT_EQ(locate(experiment, "sweep.momentum"), "--set sweep.momentum=0.5: sweep.momentum");
    EXPECT_EQ(locate(experiment, "sweep.update"), "x.toml: sweep.update");
}

TEST(Experiment, LoadsFilesAndStandardInput) {
    const std::string path = testing::TempDir() + "experiment_test.toml";
    std::ofstream(path) << quadratic;
    const Experiment from_file = load_experiment(path, {});
    EXPECT_EQ(from_file.file, path);
    EXPECT_EQ(from_file.directory + "/experiment_test.toml", path);
    expect_equal(from_file, parse(quadratic));

    std::istringstream input(quadratic);
    auto* const previous = std::cin.rdbuf(input.rdbuf());
    const Experiment from_input = load_experiment("-", {});
    std::cin.rdbuf(previous);
    EXPECT_EQ(from_input.file, "<stdin>");
    EXPECT_EQ(from_input.directory, ".");
    expect_equal(from_input, parse(quadratic));
}

TEST(Suggestion, EditDistance) {
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("batch_sise", "batch_size"), 1U);
    EXPECT_EQ(edit_distance("flaw", "lawn"), 2U);
}

TEST(Suggestion, NamesTheNearestWordOrAllOfThem) {
    EXPECT_EQ(suggest("sumo", {"sum", "mean"}), " (did you mean \"sum\"?)");
    EXPECT_EQ(suggest("batch", {"eta0", "batch_size"}), " (did you mean \"batch_size\"?)");
    EXPECT_EQ(suggest("xylophone", {"sum", "mean"}), " (known: sum, mean)");
    EXPECT_EQ(suggest("xylophone", {}), "");
}

TEST(ExperimentReader, TakesADiagonalMatrixByItsDiagonal) {
    const std::string text =
        "[model]\nkind = \"quadratic\"\nhessian = { diagonal = [2.0, 1] }\n"
        "gradient_noise_covariance = { diagonal = [1.0, 0.5] }\n[sweep]\neta0 = 0.1\n";
    const Experiment experiment = parse_experiment(text, "x.toml", ".", {});
    EXPECT_EQ(experiment.model.hessian, Matrix(Vector{{2.0, 1.0}}.asDiagonal()));
    EXPECT_EQ(experiment.model.gradient_noise_covariance, Matrix(Vector{{1.0, 0.5}}.asDiagonal()));
    // Up to 32 rows are written in full.
    EXPECT_NE(to_toml(experiment).find("hessian = [[2.0, 0.0], [0.0, 1.0]]"), std::string::npos);
    Experiment large = experiment;
    large.model.hessian = large.model.gradient_noise_covariance = Vector::LinSpaced(40, 1.0, 4.9).asDiagonal();
    large.model.minimizer = Vector::Zero(40);
    const std::string written = to_toml(large);
    EXPECT_NE(written.find("hessian = { diagonal = [1.0, 1.1"), std::string::npos);
    EXPECT_EQ(parse_experiment(written, "x.toml", ".", {}).model.hessian, large.model.hessian);
    for (const char* wrong : {"{ diagonal = [] }", "{ diagonal = [1.0], rank = 1 }", "{ diagonal = [[1.0]] }", "{}"}) {
        const std::string bad = "[model]\nkind = \"quadratic\"\nhessian = " + std::string(wrong) +
                                "\ngradient_noise_covariance = [[1.0]]\n[sweep]\neta0 = 0.1\n";
        EXPECT_THROW(parse_experiment(bad, "x.toml", ".", {}), InputError) << wrong;
    }
}

}  // namespace
}  // namespace stationary
