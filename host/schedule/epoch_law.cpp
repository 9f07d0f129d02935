#include "host/schedule/epoch_law.h"

#include "host/algebra/blocked_multiply.h"

namespace stationary {
namespace {

using Index = Eigen::Index;
using fixed_order::blocked_congruence;
using fixed_order::blocked_multiply;

Matrix plus_identity(Matrix a) {
    for (Index i = 0; i < a.rows(); ++i) a(i, i) += 1.0;
    return a;
}

/// Powers M^k, k < steps, with I taken off what is close to it.
struct Powers {
    std::int64_t steps;
    Matrix growth;   ///< M^steps − I
    Matrix drift;    ///< S̄ − I
    Matrix scatter;  ///< V

    void double_steps(const Matrix& injected) {
        // The second half is M^steps times the first; between the means of the halves lies growth·S̄.
        const Matrix apart = blocked_multiply(growth, plus_identity(drift));
        scatter += blocked_congruence(plus_identity(growth), scatter) +
                   (0.5 * static_cast<double>(steps)) * blocked_congruence(apart, injected);
        drift += 0.5 * apart;
        growth = 2.0 * growth + blocked_multiply(growth, growth);
        steps *= 2;
    }

    void add_step(const Matrix& first_growth, const Matrix& injected) {
        const auto count = static_cast<double>(steps);
        const Matrix apart = growth - drift;
        scatter += (count / (count + 1.0)) * blocked_congruence(apart, injected);
        drift += apart / (count + 1.0);
        growth = growth + first_growth + blocked_multiply(growth, first_growth);
        ++steps;
    }
};

Powers powers_of(const Matrix& transition, const Matrix& injected, std::int64_t steps) {
    const Index k = transition.rows();
    Matrix first_growth = transition;
    for (Index i = 0; i < k; ++i) first_growth(i, i) -= 1.0;
    Powers powers{1, first_growth, Matrix::Zero(k, k), Matrix::Zero(k, k)};
    int bit = 62;
    while ((steps >> bit) == 0) --bit;
    for (--bit; bit >= 0; --bit) {
        powers.double_steps(injected);
        if ((steps >> bit & 1) != 0) powers.add_step(first_growth, injected);
    }
    return powers;
}

/// (b bᵀ) ⊗ R from the noise of one step; only a batch of all training points has none, and then its epoch has none.
Matrix injected_by_one_point(const LossModel& model, const Cell& cell, const MomentMap& step) {
    const double factor = batch_noise_factor(model, cell);
    if (factor > 0.0) return step.source() / factor;
    return Matrix::Zero(step.state_size(), step.state_size());
}

}  // namespace

EpochLaw::EpochLaw(const LossModel& model, const Cell& cell, const MomentMap& step)
    : step_(step),
      injected_(injected_by_one_point(model, cell, step)),
      points_(static_cast<double>(model.training_points())),
      batch_size_(static_cast<double>(cell.batch_size)),
      epoch_(sweep(steps_per_epoch(model, cell))),
      part_(sweep(cell.epoch_position)) {}

EpochLaw::Sweep EpochLaw::sweep(std::int64_t steps) const {
    const Index k = step_.state_size();
    if (steps == 0) return {Matrix::Identity(k, k), Matrix::Zero(k, k)};
    const Powers powers = powers_of(step_.transition(), injected_, steps);
    const auto count = static_cast<double>(steps);
    const double batches = points_ / batch_size_;
    const Matrix mean_part = blocked_congruence(plus_identity(powers.drift), injected_);
    const Matrix noise = batches * powers.scatter + (count * (batches - count)) * mean_part;
    return {plus_identity(powers.growth), noise / (points_ - 1.0)};
}

MomentMap EpochLaw::epoch_map() const {
    return MomentMap(step_.dimension(), step_.step_size(), epoch_.transition, epoch_.noise);
}

Matrix EpochLaw::at_position(const Matrix& at_start) const {
    return blocked_congruence(part_.transition, at_start) + part_.noise;
}

StateMoments EpochLaw::deviation_at_position(const StateMoments& at_start) const {
    return {blocked_multiply(part_.transition, at_start.mean), blocked_congruence(part_.transition, at_start.second)};
}

}  // namespace stationary
