#pragma once

#include "host/algebra/matrix.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

enum class ModelKind { quadratic, least_squares, gaussian_regression };
enum class Dynamics { langevin, sgd };
enum class UpdateRule { heavy_ball, nesterov, ema };
enum class Sampling { with_replacement, without_replacement, reshuffle };
enum class Precision { single_precision, double_precision };
enum class Normals { reproducible, fast };

/// [model], as written.
struct ModelSpec {
    ModelKind kind = ModelKind::quadratic;
    // quadratic
    Matrix hessian;                       ///< H [d×d], symmetric positive definite
    Matrix gradient_noise_covariance;     ///< Σ¹ [d×d], symmetric positive semi-definite
    Matrix gradient_residuals;            ///< r_i [N×d] as written inline, instead of the covariance; empty otherwise
    std::string gradient_residuals_file;  ///< or the path of their file as written; empty otherwise
    Vector minimizer;                     ///< Φ* [d]; zeros if not given (quadratic and gaussian_regression)
    // gaussian_regression
    Matrix feature_covariance;          ///< A [d×d], symmetric positive definite
    double label_noise_variance = 1.0;  ///< σ² ≥ 0
    // least_squares
    std::string data;    ///< path as written; see data_path
    std::string target;  ///< column name (csv) or column index (npy)
    bool standardize = true;
    double ridge = 0.0;
};

/// [sweep]: every axis is a list; cells are the cartesian product over the axes that the dynamics uses.
struct SweepSpec {
    std::vector<Dynamics> dynamics{Dynamics::langevin, Dynamics::sgd};
    std::vector<double> eta0;           ///< empty when learning_rate is given
    std::vector<double> learning_rate;  ///< empty when eta0 is given
    std::vector<std::int64_t> batch_size{1};
    std::vector<double> momentum{0.0};
    std::vector<UpdateRule> update{UpdateRule::heavy_ball};
    std::vector<double> dampening{0.0};  ///< τ, heavy_ball and nesterov; ema takes dampening = momentum
    std::vector<Sampling> sampling{Sampling::with_replacement};
    std::vector<std::int64_t> epoch_position{0};
    std::vector<double> time_step{1.0};
};

/// [ensemble]; an empty optional means "auto".
struct EnsembleSpec {
    std::int64_t chains = 65536;
    std::int64_t draws = 8;
    std::optional<std::int64_t> shards;
    std::optional<std::int64_t> burn_in;
    std::optional<std::int64_t> stride;
    std::optional<Vector> initial;  ///< Φ_0 [d]; empty = the minimizer
    std::uint64_t seed = 1;
};

/// [verdict]
struct VerdictSpec {
    double tolerance = 0.01;
    double family_error_rate = 1e-3;
};

/// [gradient_noise]
struct GradientNoiseSpec {
    std::optional<Vector> at;  ///< Φ [d]; empty = the minimizer
    std::int64_t draws = 10'000'000;
};

enum class WeightProfile { uniform, momentum, random };

/// [weighted_sum]: either alpha, or a profile with its length (and momentum), or neither (then the command line has
/// them).
struct WeightedSumSpec {
    std::vector<double> alpha;  ///< empty when a profile is given
    std::optional<WeightProfile> profile;
    std::int64_t length = 16;
    double momentum = 0.9;  ///< of the profile "momentum": α_k = (1−μ)μ^k, k < length
    std::int64_t draws = 10'000'000;
    std::vector<std::int64_t> window{1, 2, 5, 10, 50, 200};  ///< steps T of the displacement covariance
};

/// [run]
struct RunSpec {
    Precision precision = Precision::single_precision;
    Normals normals = Normals::reproducible;
    bool allow_unstable = false;
};

/// One experiment file, checked, defaults filled in. Immutable after parse_experiment.
struct Experiment {
    std::string title;
    std::string file;       ///< name shown in messages ("<stdin>" for "-")
    std::string directory;  ///< what relative data paths are relative to
    ModelSpec model;
    SweepSpec sweep;
    EnsembleSpec ensemble;
    VerdictSpec verdict;
    GradientNoiseSpec gradient_noise;
    WeightedSumSpec weighted_sum;
    RunSpec run;
    std::map<std::string, std::string> locations;  ///< "model.data" → "FILE:LINE" or "--set …", for every key given
};

/// What the command line lays over the file, in the order file, then --set, then --seed and --chains.
struct Overrides {
    std::vector<std::string> set;  ///< "sweep.batch_size=[1,8]", the right side being a TOML value
    std::optional<std::uint64_t> seed;
    std::optional<std::int64_t> chains;
    std::optional<Normals> normals;
};

/// Reads and checks an experiment. `path` "-" reads standard input.
/// Throws InputError with one line "FILE:LINE: key: what was expected" (and the nearest known key for an unknown one),
/// or FileError.
Experiment load_experiment(const std::string& path, const Overrides& overrides);

/// The same from text, for tests; relative paths are relative to `directory`.
Experiment parse_experiment(const std::string& text, const std::string& file, const std::string& directory,
                            const Overrides& overrides);

/// Start of a message about a key: "FILE:LINE: model.data", "--set model.data=x.csv: model.data", or "FILE: model.data"
/// for a default.
std::string locate(const Experiment& experiment, const std::string& key);

/// The experiment as TOML text with every default written out (experiment.toml of a run directory); parsing it gives
/// the same experiment.
std::string to_toml(const Experiment& experiment);

// Spelling of the enums in files and reports.
std::string to_string(ModelKind value);
std::string to_string(Dynamics value);
std::string to_string(UpdateRule value);
std::string to_string(Sampling value);
std::string to_string(WeightProfile value);
std::string to_string(Precision value);
std::string to_string(Normals value);

}  // namespace stationary
