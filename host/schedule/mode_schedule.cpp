#include "host/schedule/mode_schedule.h"

#include "host/algebra/blocked_multiply.h"
#include "host/schedule/epoch_law.h"
#include "host/schedule/epoch_schedule.h"
#include "host/schedule/mode_relaxation.h"
#include "host/schedule/mode_step.h"
#include "host/schedule/moment_powers.h"
#include "host/schedule/relaxation_walk.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace stationary {
namespace {

using Index = Eigen::Index;

/// p with (I − diag(s) K) p = s∘r, by elimination without pivoting: K has no negative entries, so that a pivot that is
/// not positive says that no p ≥ 0 exists and the moments grow.
std::optional<Vector> closed_variances(const Matrix& coupling, const Vector& responses, const Vector& noise) {
    const Index d = noise.size();
    Vector p = responses.cwiseProduct(noise);
    if (coupling.size() == 0) return p;
    Matrix a(d, d);
    for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i) a(i, j) = (i == j ? 1.0 : 0.0) - responses(i) * coupling(i, j);
    for (Index k = 0; k < d; ++k) {
        if (!(a(k, k) > 0.0)) return std::nullopt;
        for (Index i = k + 1; i < d; ++i) a(i, k) /= a(k, k);
        for (Index j = k + 1; j < d; ++j)
            for (Index i = k + 1; i < d; ++i) a(i, j) -= a(i, k) * a(k, j);
        for (Index i = k + 1; i < d; ++i) p(i) -= a(i, k) * p(k);
    }
    for (Index k = d - 1; k >= 0; --k) {
        p(k) /= a(k, k);
        for (Index i = 0; i < k; ++i) p(i) -= a(i, k) * p(k);
    }
    return p;
}

/// A covariance with the correlations of the given one and other variances.
Matrix with_variances(const Matrix& covariance, const Vector& variances) {
    const Index d = variances.size();
    Vector factor(d);
    for (Index i = 0; i < d; ++i)
        factor(i) = covariance(i, i) > 0.0 ? std::sqrt(std::max(variances(i), 0.0) / covariance(i, i)) : 0.0;
    Matrix scaled(d, d);
    for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i) scaled(i, j) = factor(i) * covariance(i, j) * factor(j);
    return scaled;
}

/// The stationary blocks of the modes for unit noise of a training point's gradient [d×3].
Matrix unit_blocks(ModeChain& chain) {
    const int doublings = chain.log2_memory();
    Matrix blocks(chain.dimension(), 3);
    for (Index i = 0; i < blocks.rows(); ++i) {
        ModeBlock sum = chain.unit_noise();
        for (int k = 0; k < doublings; ++k) {
            const ModeStep& m = chain.powers(k)[static_cast<std::size_t>(i)];
            sum = sum + carried(m, m, sum);
        }
        blocks.row(i) << sum.positions, sum.position_velocity, sum.velocities;
    }
    return blocks;
}

/// A mode by itself as a model of one parameter with as many training points.
LossModel single_mode(const ModeModel& modes, Index i) {
    LossModel model;
    model.minimizer = Vector::Zero(1);
    model.hessian = Matrix::Constant(1, 1, modes.curvature()(i));
    model.gradient_noise_covariance = Matrix::Constant(1, 1, modes.point_noise()(i, i));
    model.gradient_residuals = Matrix::Zero(modes.model().training_points(), 1);
    return model;
}

/// The blocks of the modes at the cell's place in an epoch [d×3].
Matrix epoch_blocks(const ModeModel& modes, const Cell& cell) {
    Matrix blocks = Matrix::Zero(modes.dimension(), 3);
    for (Index i = 0; i < blocks.rows(); ++i) {
        const LossModel model = single_mode(modes, i);
        const MomentMap step(model, cell, nullptr);
        const EpochLaw law(model, cell, step);
        const MomentMap epoch = law.epoch_map();
        const auto at_start = MomentPowers(epoch, TrackedMoments::second).stationary_second_moment();
        if (!at_start) throw std::domain_error("it takes more than 2^40 epochs to relax");
        const Matrix second = law.at_position(*at_start);
        blocks(i, 0) = second(0, 0);
        if (second.rows() == 1) continue;
        blocks(i, 1) = second(0, 1);
        blocks(i, 2) = second(1, 1);
    }
    return blocks;
}

class ModePlanner {
  public:
    ModePlanner(const ModeModel& modes, const Cell& cell, const Vector& initial)
        : modes_(modes),
          cell_(cell),
          initial_(initial),
          chain_(modes.model(), cell, modes.curvature()),
          coupling_(cell.dynamics == Dynamics::langevin ? no_coupling_ : modes.coupling()) {}

    ModePlan plan(std::optional<double> tolerance) {
        const bool stationary = chain_.log2_memory() >= 0 && find_blocks();
        if (!stationary) return early_plan();
        ModePlan plan;
        plan.stationary = true;
        find_covariance();
        if (tolerance) plan.schedule = schedule(*tolerance);
        fill_scales(plan);
        return plan;
    }

  private:
    [[nodiscard]] bool is_reshuffled() const {
        return cell_.dynamics == Dynamics::sgd && cell_.sampling == Sampling::reshuffle;
    }

    /// The stationary blocks of the modes; false if their moments grow.
    bool find_blocks() {
        const Matrix unit = unit_blocks(chain_);
        const Vector noise = modes_.point_noise().diagonal();
        const auto variances = closed_variances(coupling_, unit.col(0), noise);
        if (!variances) return false;
        blocks_ = unit;
        for (Index i = 0; i < noise.size(); ++i) {
            double strength = noise(i);
            for (Index j = 0; coupling_.size() > 0 && j < noise.size(); ++j)
                strength += coupling_(i, j) * (*variances)(j);
            blocks_.row(i) *= strength;
        }
        return true;
    }

    /// The covariance of positions and velocities in the modes: correlations as additive noise has them, with the
    /// state-dependent noise of that once put in; the variances are those of the blocks.
    void find_covariance() {
        covariance_ = stationary_covariance(chain_, modes_.point_noise());
        if (coupling_.size() > 0) {
            const Matrix state = modes_.curvature_noise(with_variances(covariance_.positions, blocks_.col(0)));
            covariance_ = stationary_covariance(chain_, modes_.point_noise() + state);
        }
        if (is_reshuffled()) blocks_ = epoch_blocks(modes_, cell_);
        covariance_.positions = with_variances(covariance_.positions, blocks_.col(0));
        if (chain_.has_velocity()) covariance_.velocities = with_variances(covariance_.velocities, blocks_.col(2));
    }

    [[nodiscard]] StateMoments start() const {
        const Index d = modes_.dimension();
        StateMoments start{Vector::Zero(2 * d), -blocks_};
        start.mean.head(d) = modes_.to_modes(initial_);
        for (Index i = 0; i < d; ++i) start.second(i, 0) += start.mean(i) * start.mean(i);
        return start;
    }

    Schedule schedule(double tolerance) {
        const ModeMeasure measure(blocks_, correlation_inflation(covariance_.positions), chain_,
                                  modes_.to_modes(initial_));
        ModePowers powers(chain_, coupling_);
        if (powers.has_blocks()) powers.choose_block(measure, blocks_);
        const StateMoments worst{Vector::Zero(2 * modes_.dimension()), blocks_};
        Schedule schedule;
        schedule.burn_in =
            settling_step(RelaxationWalk(powers, measure, start()), burn_in_part_of_tolerance * tolerance);
        schedule.stride = settling_step(RelaxationWalk(powers, measure, worst), stride_remainder);
        return is_reshuffled() ? in_whole_epochs(modes_.model(), cell_, schedule) : schedule;
    }

    /// diag of E ĝĝᵀ in the original basis, ĝ the minibatch gradient.
    [[nodiscard]] Vector gradient_squares(const Matrix& positions) const {
        const Vector& h = modes_.curvature();
        const double c = batch_noise_factor(modes_.model(), cell_);
        Matrix moment = modes_.point_noise();
        if (coupling_.size() > 0) moment += modes_.curvature_noise(positions);
        for (Index j = 0; j < h.size(); ++j)
            for (Index i = 0; i < h.size(); ++i) moment(i, j) = c * moment(i, j) + h(i) * positions(i, j) * h(j);
        return modes_.original_diagonal(moment);
    }

    void fill_scales(ModePlan& plan) const {
        const Matrix& positions = covariance_.positions;
        plan.position_variances = modes_.original_diagonal(positions);
        fill_gradient_scales(plan, positions);
        if (chain_.has_velocity()) plan.velocity_squares = modes_.original_diagonal(covariance_.velocities);
    }

    void fill_gradient_scales(ModePlan& plan, const Matrix& positions) const {
        if (cell_.dynamics == Dynamics::langevin) return;
        const double weight = step_weights(cell_).gradient_weight;
        plan.velocity_squares = (weight * weight) * gradient_squares(positions);
        for (Index i = 0; i < positions.rows(); ++i)
            plan.pull_squares += modes_.curvature()(i) * positions(i, i) * modes_.curvature()(i);
    }

    ModePlan early_plan() const {
        ModePlan plan;
        const Matrix noise = chain_.unit_noise().positions * modes_.point_noise();
        plan.position_variances = modes_.original_diagonal(noise);
        for (Index i = 0; i < initial_.size(); ++i)
            plan.position_variances(i) = std::max(plan.position_variances(i), initial_(i) * initial_(i));
        fill_gradient_scales(plan, noise);
        return plan;
    }

    const ModeModel& modes_;
    const Cell& cell_;
    const Vector& initial_;
    ModeChain chain_;
    const Matrix no_coupling_;
    const Matrix& coupling_;
    Matrix blocks_;
    ModeCovariance covariance_;
};

}  // namespace

ModePlan plan_by_modes(const ModeModel& modes, const Cell& cell, const Vector& initial,
                       std::optional<double> tolerance) {
    return ModePlanner(modes, cell, initial).plan(tolerance);
}

}  // namespace stationary
