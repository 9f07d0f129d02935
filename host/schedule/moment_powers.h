#pragma once

#include "host/schedule/moment_map.h"

#include <optional>
#include <vector>

namespace stationary {

/// How MomentPowers takes 2^k steps at once.
enum class PowerMethod {
    transition,    ///< additive noise: Z ← M^(2^k) Z (M^(2^k))ᵀ; exact
    dense,         ///< the map of the moments as one n×n matrix, squared k times; exact; n ≤ dense_limit
    frozen_noise,  ///< larger: exact in M, the state-dependent noise held over a block of steps (rates to a few %)
};

/// Which moments a dense map carries; the mean stays zero when it starts at zero.
enum class TrackedMoments { second, mean_and_second };

/// Powers of a moment map, for running deviations from the stationary moments over many steps. Fixed-order arithmetic
/// throughout.
///
/// frozen_noise: over a block of s steps D ← M^s D (M^s)ᵀ + S_s(N), S_s(X) = Σ_{r<s} M^r X (M^r)ᵀ by doubling, with N
/// the state-dependent noise averaged over the block's ends (the far one predicted with N of the near one). s is at
/// most an eighth of the relaxation of M alone: rates of decay are then right to about 1 %, and to 2 to 3 % close to
/// the mean-square limit (too slow where seen, so that a burn-in errs on the long side). Test:
/// frozen_noise_keeps_the_rate_of_decay.
class MomentPowers {
  public:
    /// Largest number of moments for which the dense method is chosen.
    static constexpr Eigen::Index dense_limit = 250;
    /// Relaxations longer than 2^max_doublings steps count as none.
    static constexpr int max_doublings = 40;

    /// Takes the exact method where one is affordable. `map` must outlive the powers.
    MomentPowers(const MomentMap& map, TrackedMoments tracked);
    /// With a stated method, for tests.
    MomentPowers(const MomentMap& map, TrackedMoments tracked, PowerMethod method);

    [[nodiscard]] PowerMethod method() const { return method_; }

    /// The stationary E z zᵀ [k×k], to about 1e-9 relative; none if the moments grow or relax over more than
    /// 2^max_doublings steps.
    [[nodiscard]] std::optional<Matrix> stationary_second_moment();

    /// Sets the longest block of frozen_noise, from the stationary second moment; the other methods ignore it.
    void choose_block(const Matrix& stationary);
    /// Whether steps are taken in blocks over which noise is held.
    [[nodiscard]] bool has_blocks() const { return method_ == PowerMethod::frozen_noise; }
    /// log2 of that block.
    [[nodiscard]] int log2_block() const { return log2_block_; }

    /// The linear part of the map 2^log2_steps times over.
    void advance(StateMoments& moments, int log2_steps);

  private:
    const Matrix& transition_power(int k);  ///< M^(2^k)
    const Matrix& dense_power(int k);
    [[nodiscard]] Matrix dense_map() const;
    [[nodiscard]] std::optional<Matrix> sum_over_steps(const Matrix& source);   ///< S_∞(source)
    [[nodiscard]] Matrix sum_over_block(const Matrix& source, int log2_steps);  ///< S_s(source)
    [[nodiscard]] std::optional<Matrix> stationary_by_dense_doubling();
    [[nodiscard]] std::optional<Matrix> stationary_by_fixed_point();
    void advance_block(StateMoments& moments, int log2_steps);
    [[nodiscard]] Vector packed(const StateMoments& moments) const;
    [[nodiscard]] StateMoments unpacked(const Vector& values) const;

    const MomentMap& map_;
    TrackedMoments tracked_;
    PowerMethod method_;
    int log2_block_ = 0;
    std::vector<Matrix> transition_powers_;
    std::vector<Matrix> dense_powers_;
};

}  // namespace stationary
