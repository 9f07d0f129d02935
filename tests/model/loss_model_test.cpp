#include "host/model/loss_model.h"

#include "host/base/error.h"
#include "host/base/npy.h"

#include <gtest/gtest.h>
#include <Eigen/Dense>

#include <filesystem>
#include <fstream>

namespace stationary {
namespace {

/// Each test has its own folder, as tests run side by side.
std::string folder() {
    const std::string path =
        testing::TempDir() + "loss_model_test_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(path);
    return path;
}

Experiment least_squares(const std::string& csv, const std::string& lines) {
    std::ofstream(folder() + "/data.csv") << csv;
    return parse_experiment(
        "[model]\nkind = \"least_squares\"\ndata = \"data.csv\"\n" + lines + "[sweep]\neta0 = 0.1\n", "x.toml",
        folder(), {});
}

LossModel build(const std::string& csv, const std::string& lines) {
    return build_loss_model(least_squares(csv, lines));
}

std::string message_of(const Experiment& experiment) {
    try {
        build_loss_model(experiment);
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}
std::string message_of(const std::string& csv, const std::string& lines) {
    return message_of(least_squares(csv, lines));
}

LossModel diabetes(const std::string& lines) {
    const std::string text = "[model]\nkind = \"least_squares\"\ndata = \"data/diabetes.csv\"\ntarget = \"target\"\n";
    return build_loss_model(parse_experiment(text + lines + "[sweep]\neta0 = 0.1\n", "x.toml",
                                             std::string(STATIONARY_SOURCE_DIR) + "/examples", {}));
}

double largest(const Matrix& a) { return a.cwiseAbs().maxCoeff(); }

const std::string three_points = "x,y,z\n1,2,0\n2,1,1\n4,5,3\n";

TEST(LossModel, SmallRegressionByHand) {
    // y = target, one feature x, no standardisation: H = (1 + 4 + 16)/3 = 7, Xᵀy/N = (2 + 2 + 20)/3 = 8, Φ* = 8/7.
    const LossModel model = build("x,y\n1,2\n2,1\n4,5\n", "target = \"y\"\nstandardize = false\n");
    EXPECT_EQ(model.kind, ModelKind::least_squares);
    EXPECT_EQ(model.dimension(), 1);
    EXPECT_EQ(model.training_points(), 3);
    EXPECT_DOUBLE_EQ(model.hessian(0, 0), 7.0);
    EXPECT_DOUBLE_EQ(model.minimizer(0), 8.0 / 7.0);
    const double e[] = {8.0 / 7.0 - 2.0, 16.0 / 7.0 - 1.0, 32.0 / 7.0 - 5.0};
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(model.residuals(i), e[i], 1e-14);
    const double noise = (e[0] * e[0] + 4.0 * e[1] * e[1] + 16.0 * e[2] * e[2]) / 3.0;
    EXPECT_NEAR(model.gradient_noise_covariance(0, 0), noise, 1e-14);
}

TEST(LossModel, DiabetesAgreesWithEigen) {
    for (const char* lines : {"ridge = 0.1\n", "standardize = false\nridge = 0.3\n", ""}) {
        const LossModel model = diabetes(lines);
        ASSERT_EQ(model.dimension(), 10);
        ASSERT_EQ(model.training_points(), 442);
        const auto count = static_cast<double>(model.training_points());
        const Matrix& x = model.features;
        const Matrix hessian = x.transpose() * x / count + model.ridge * Matrix::Identity(10, 10);
        EXPECT_LT(largest(model.hessian - hessian), 1e-12 * largest(hessian)) << lines;
        EXPECT_EQ(model.hessian, model.hessian.transpose());
        // The mean gradient vanishes at the minimizer, ridge included.
        Matrix gradients = x.array().colwise() * model.residuals.array();
        gradients.rowwise() += model.ridge * model.minimizer.transpose();
        const double scale = largest(gradients);
        EXPECT_LT(largest(gradients.colwise().mean()), 1e-10 * scale) << lines;
        const Matrix noise = gradients.transpose() * gradients / count;
        EXPECT_LT(largest(model.gradient_noise_covariance - noise), 1e-12 * largest(noise)) << lines;
        EXPECT_EQ(model.gradient_noise_covariance, model.gradient_noise_covariance.transpose());
    }
}

TEST(LossModel, StandardizedColumnsHaveMeanZeroAndVarianceOne) {
    const LossModel model = diabetes("ridge = 0.1\n");
    const auto count = static_cast<double>(model.training_points());
    const Matrix target = model.features * model.minimizer - model.residuals;
    for (Eigen::Index j = 0; j < 10; ++j) {
        EXPECT_NEAR(model.features.col(j).mean(), 0.0, 1e-13);
        EXPECT_NEAR(model.features.col(j).squaredNorm() / count, 1.0, 1e-13);
    }
    EXPECT_NEAR(target.mean(), 0.0, 1e-13);
    EXPECT_NEAR(target.squaredNorm() / count, 1.0, 1e-12);
}

/// The ordinary least-squares fit of these data is published: Efron, Hastie, Johnstone & Tibshirani 2004; R² = 0.51775.
TEST(LossModel, DiabetesFitHasThePublishedDeterminationCoefficient) {
    const LossModel model = diabetes("");
    const double unexplained = model.residuals.squaredNorm() / static_cast<double>(model.training_points());
    EXPECT_NEAR(1.0 - unexplained, 0.51775, 5e-6);
}

TEST(LossModel, AnyColumnMayBeTheTarget) {
    const LossModel model = build(three_points, "target = \"y\"\nstandardize = false\nridge = 0.1\n");
    Matrix features(3, 2);
    features << 1, 0, 2, 1, 4, 3;
    EXPECT_EQ(model.features, features);
}

TEST(LossModel, NpyAndCsvGiveTheSameModel) {
    const LossModel from_csv = build(three_points, "target = \"y\"\nridge = 0.1\n");
    Matrix values(3, 3);
    values << 1, 2, 0, 2, 1, 1, 4, 5, 3;
    write_npy(folder() + "/data.npy", values);
    const LossModel from_npy = build_loss_model(parse_experiment(
        "[model]\nkind = \"least_squares\"\ndata = \"data.npy\"\ntarget = 1\nridge = 0.1\n[sweep]\neta0 = 1\n",
        "x.toml", folder(), {}));
    EXPECT_EQ(from_npy.hessian, from_csv.hessian);
    EXPECT_EQ(from_npy.residuals, from_csv.residuals);
    EXPECT_EQ(from_npy.data_hash, from_csv.data_hash);
}

TEST(LossModel, DataHashSeesEveryNumberAndTheTarget) {
    const std::string lines = "target = \"y\"\nridge = 0.1\n";
    const std::uint64_t hash = build(three_points, lines).data_hash;
    EXPECT_EQ(build("x,y,z\r\n1.0,2,0\r\n2,1,1\r\n4,5,3\r\n", lines).data_hash, hash);
    EXPECT_NE(build("x,y,z\n1,2,0\n2,1,1\n4,5,3.0000001\n", lines).data_hash, hash);
    EXPECT_NE(build("x,y,z\n1,2,0\n2,1,1\n4,6,3\n", lines).data_hash, hash);
    EXPECT_NE(build(three_points, "target = \"x\"\nridge = 0.1\n").data_hash, hash);
}

TEST(LossModel, MoreThan32FeaturesAreBuilt) {
    std::string csv = "y";
    for (int j = 0; j < 40; ++j) csv += ",x" + std::to_string(j);
    for (int i = 0; i < 60; ++i) {
        csv += "\n" + std::to_string(i % 7);
        for (int j = 0; j < 40; ++j) csv += "," + std::to_string((i * i * (j + 3) + j * j * i) % 101);
    }
    EXPECT_EQ(build(csv, "target = \"y\"\n").dimension(), 40);
}

TEST(LossModel, BadDataIsRefusedInOneLine) {
    const std::string target = "target = \"y\"\n";
    EXPECT_EQ(message_of("x,y\n1,2\n", target), folder() + "/data.csv: 1 rows, expected at least 2");
    EXPECT_EQ(message_of("y\n1\n2\n", target), folder() + "/data.csv: one column, expected features beside the target");
    EXPECT_EQ(message_of("x,goal\n1,2\n2,3\n", "target = \"gaol\"\n"),
              "x.toml:4: model.target: no column \"gaol\" in " + folder() + "/data.csv (did you mean \"goal\"?)");
    EXPECT_EQ(
        message_of("x,y\n0.1,2\n0.1,3\n0.1,4\n", target),
        "x.toml: model.standardize: column \"x\" of data.csv is constant or too large, it cannot be standardized");
    EXPECT_EQ(
        message_of("x,y\n1,2\n2,2\n", target + "standardize = true\n"),
        "x.toml:5: model.standardize: column \"y\" of data.csv is constant or too large, it cannot be standardized");
    EXPECT_EQ(
        message_of("x,y\n1e200,2\n-1e200,3\n", target),
        "x.toml: model.standardize: column \"x\" of data.csv is constant or too large, it cannot be standardized");
    EXPECT_EQ(message_of("x,y\n1,abc\n", target),
              folder() + "/data.csv:2: column \"y\": \"abc\" is not a finite number");
    const std::string collinear = message_of("a,b,y\n1,2,1\n2,4,3\n3,6,2\n", target);
    EXPECT_EQ(collinear.rfind("x.toml:3: model.data: collinear features: the Hessian's eigenvalues run from ", 0), 0U);
    EXPECT_NE(collinear.find(" to 2; add ridge"), std::string::npos) << collinear;
    EXPECT_EQ(message_of("a,b,y\n1,2,1\n2,4,3\n3,6,2\n", target + "ridge = 0.1\n"), "accepted");
    EXPECT_EQ(message_of(parse_experiment("[model]\nkind = \"least_squares\"\ndata = \"data.csv\"\ntarget = \"y\"\n"
                                          "[sweep]\neta0 = 1\n[ensemble]\ninitial = [0.0]\n",
                                          "x.toml", folder(), {})),
              "x.toml:8: ensemble.initial: has 1 entries, but the model has dimension 2");
}

Experiment quadratic_2x2(double off_diagonal) {
    Experiment experiment;
    experiment.file = "x.toml";
    experiment.model.hessian = Matrix(2, 2);
    experiment.model.hessian << 2.0, off_diagonal, off_diagonal, 1.0;
    experiment.model.gradient_noise_covariance = Matrix::Constant(2, 2, 1.0);
    return experiment;
}

TEST(LossModel, QuadraticTakesTheMatricesAsTheyAre) {
    const Experiment experiment = quadratic_2x2(0.5);
    const LossModel model = build_loss_model(experiment);
    EXPECT_EQ(model.hessian, experiment.model.hessian);
    // Rank one: legal.
    EXPECT_EQ(model.gradient_noise_covariance, experiment.model.gradient_noise_covariance);
    EXPECT_EQ(model.minimizer, Vector::Zero(2));
    EXPECT_EQ(model.training_points(), 0);
}

TEST(LossModel, QuadraticAsymmetryWithinRoundingIsRemoved) {
    Experiment experiment = quadratic_2x2(0.3);
    experiment.model.hessian(1, 0) = 0.1 + 0.2;
    ASSERT_NE(experiment.model.hessian(0, 1), experiment.model.hessian(1, 0));
    EXPECT_EQ(build_loss_model(experiment).hessian(1, 0), 0.3);
}

LossModel finite_quadratic(const std::string& residuals) {
    return build_loss_model(parse_experiment(
        "[model]\nkind = \"quadratic\"\nhessian = [[2.0, 0.5], [0.5, 1.0]]\nminimizer = [1, 2]\ngradient_residuals = " +
            residuals + "\n[sweep]\neta0 = 0.1\n",
        "x.toml", folder(), {}));
}

TEST(LossModel, ResidualsGiveUpTheirMeanAndMakeTheNoise) {
    const LossModel model = finite_quadratic("[[1, 0], [2, 3], [6, 0]]");
    EXPECT_EQ(model.kind, ModelKind::quadratic);
    EXPECT_EQ(model.training_points(), 3);
    EXPECT_EQ(model.gradient_residuals, (Matrix(3, 2) << -2, -1, -1, 2, 3, -1).finished());
    // (1/N) Σ r rᵀ, by hand: (4 + 1 + 9)/3, (2 − 2 − 3)/3, (1 + 4 + 1)/3.
    EXPECT_DOUBLE_EQ(model.gradient_noise_covariance(0, 0), 14.0 / 3.0);
    EXPECT_DOUBLE_EQ(model.gradient_noise_covariance(0, 1), -1.0);
    EXPECT_DOUBLE_EQ(model.gradient_noise_covariance(1, 0), -1.0);
    EXPECT_DOUBLE_EQ(model.gradient_noise_covariance(1, 1), 2.0);
    EXPECT_EQ(model.minimizer, Vector(Eigen::Vector2d(1.0, 2.0)));
}

TEST(LossModel, ResidualsFarFromZeroKeepTheirDigits) {
    const LossModel model = finite_quadratic("[[1e9, 0.1], [1000000001, 0.2], [1000000005.5, 0.7]]");
    EXPECT_LT(largest(model.gradient_residuals.colwise().mean()), 1e-15);
}

TEST(LossModel, ResidualsFromAFileAndInlineAreTheSameModel) {
    std::ofstream(folder() + "/r.csv") << "a,b\n1,0\n2,3\n6,0\n";
    Matrix values(3, 2);
    values << 1, 0, 2, 3, 6, 0;
    write_npy(folder() + "/r.npy", values);
    const LossModel written = finite_quadratic("[[1, 0], [2, 3], [6, 0]]");
    for (const char* file : {"\"r.csv\"", "\"r.npy\""}) {
        const LossModel model = finite_quadratic(file);
        EXPECT_EQ(model.gradient_residuals, written.gradient_residuals) << file;
        EXPECT_EQ(model.data_hash, written.data_hash) << file;
    }
    EXPECT_NE(finite_quadratic("[[1, 0], [2, 3], [6, 1]]").data_hash, written.data_hash);
    // Another mean is another file, but the same noise.
    EXPECT_NE(finite_quadratic("[[2, 0], [3, 3], [7, 0]]").data_hash, written.data_hash);
}

TEST(LossModel, GaussianRegressionHasTheCurvatureOfItsFeatures) {
    const LossModel model = build_loss_model(
        parse_experiment("[model]\nkind = \"gaussian_regression\"\nfeature_covariance = [[2.0, 0.5], [0.5, 1.0]]\n"
                         "label_noise_variance = 0.25\n[sweep]\neta0 = 0.1\n",
                         "x.toml", folder(), {}));
    EXPECT_EQ(model.kind, ModelKind::gaussian_regression);
    EXPECT_EQ(model.hessian, (Matrix(2, 2) << 2.0, 0.5, 0.5, 1.0).finished());
    EXPECT_EQ(model.gradient_noise_covariance, 0.25 * model.hessian);
    EXPECT_EQ(model.label_noise_variance, 0.25);
    EXPECT_EQ(model.minimizer, Vector::Zero(2));
    EXPECT_EQ(model.training_points(), 0);
}

TEST(LossModel, QuadraticsBuiltInCodeAreCheckedToo) {
    EXPECT_EQ(message_of(quadratic_2x2(2.0)),
              "x.toml: model.hessian: not positive definite: its smallest eigenvalue is -0.561553");
    Experiment experiment = quadratic_2x2(0.5);
    experiment.model.gradient_noise_covariance(0, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(message_of(experiment),
              "x.toml: model.gradient_noise_covariance: expected a square matrix of finite numbers");
}

}  // namespace
}  // namespace stationary
