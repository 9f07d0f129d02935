#pragma once

#include <cstdint>
#include <vector>

namespace stationary {

/// Which gradient the chain follows.
enum class Oracle { quadratic, least_squares, finite_quadratic, gaussian_regression };
/// How an oracle with N training points picks those of a batch.
enum class BatchSampling { with_replacement, without_replacement, reshuffle };
/// Which step it takes.
enum class Stepper { langevin, sgd };

/// Everything about one cell that a kernel reads, made on the host in double by fixed-order loops.
/// A backend rounds it to the state's precision; nothing else enters a chain. State is δ = Φ − Φ*.
struct CellProgram {
    Oracle oracle = Oracle::quadratic;
    Stepper stepper = Stepper::sgd;
    bool double_precision = false;
    bool fast_normals = false;
    int dimension = 1;      ///< d, 1 to max_dimension
    std::uint64_t key = 0;  ///< Philox key of the cell

    // Step. langevin: δ ← δ − step_size·Hδ + F z. sgd: v ← momentum·v + gradient_weight·ĝ; δ ← δ −
    // step_size·(direct_weight·ĝ + velocity_weight·v).
    double step_size = 0.0;        ///< langevin: time_step·η; sgd: η
    double momentum = 0.0;         ///< μ
    double gradient_weight = 1.0;  ///< 1 − dampening
    double direct_weight = 0.0;    ///< 0 heavy_ball and ema, 1 nesterov
    double velocity_weight = 1.0;  ///< 1 heavy_ball and ema, μ nesterov
    std::int64_t batch_size = 1;   ///< B

    // quadratic oracle and every langevin step
    // (least_squares too where pull_scale > 0)
    std::vector<double> hessian;  ///< H [d×d] row-major (finite_quadratic too)
    std::vector<double>
        noise_factor;  ///< F [d×d] row-major, lower triangular. langevin: F Fᵀ = step_size·η·Σ^B; sgd: F Fᵀ = Σ¹

    // gaussian_regression oracle: x = noise_factor·z with F Fᵀ = A
    double label_noise = 0.0;  ///< σ

    // oracles on N training points
    BatchSampling sampling = BatchSampling::with_replacement;
    std::int64_t training_points = 0;        ///< N
    std::vector<double> gradient_residuals;  ///< finite_quadratic: r [N×d] row-major

    // least_squares oracle
    std::vector<double> features;   ///< X [N×d] row-major
    std::vector<double> residuals;  ///< e [N]
    double ridge = 0.0;
    std::vector<double> ridge_gradient;  ///< ridge·Φ* [d]

    std::vector<double> initial;  ///< δ_0 [d]
    std::vector<double> centre;   ///< fixed-point centre [d], δ coordinates
    std::vector<double> scale;    ///< fixed-point scale [d], powers of two
    double velocity_scale = 1.0;  ///< sgd: fixed-point scale of the velocity's components, one power of two
    double pull_scale = 0.0;      ///< sgd: fixed-point scale of v·Hδ, a power of two; 0: v·Hδ is not recorded

    // weighted sums (problem 2); both empty or false in every other cell
    bool frozen = false;               ///< gradients are taken at the initial state, whatever the position
    std::vector<double> step_weights;  ///< w_t, t = 1 … steps(): step t moves by w_t in place of step_size

    std::int64_t burn_in = 0;       ///< the first draw is the state after burn_in steps
    std::int64_t stride = 1;        ///< steps between draws
    std::int64_t draws = 1;         ///< draws per chain
    std::int64_t shard_chains = 1;  ///< chains per shard; shard s holds chains [s·shard_chains, (s+1)·shard_chains)

    /// Steps that each chain takes.
    [[nodiscard]] std::int64_t steps() const { return burn_in + (draws - 1) * stride; }
};

/// Largest dimension.
constexpr int max_dimension = 1024;
/// Largest dimension of the kernels that hold a chain in the registers of one thread (compiled_dimension.h). Beyond it
/// vectors lie in memory, and the lanes of a warp share the components of a chain (wide_steppers.h).
constexpr int max_compiled_dimension = 32;

}  // namespace stationary
