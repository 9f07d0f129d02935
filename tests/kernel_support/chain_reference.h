#pragma once

#include "kernels/interface/cell_program.h"
#include "kernels/lanes/lanes.h"
#include "kernels/lanes/philox.h"
#include "kernels/noise/fast_normals.h"
#include "kernels/noise/noise_purpose.h"
#include "kernels/noise/normals.h"
#include "kernels/noise/permutation.h"

#include <cmath>
#include <cstdint>
#include <vector>

/// One chain at a time, written out from docs/theory.md and the documented noise layout, without lanes, padding,
/// streams or templates over steppers: what the kernels must reproduce bit for bit, or with fast normals up to their
/// error. It shares with them only philox_block, the two maps to normals and Permutation, which have tests of their
/// own, and the documented order of sums (dot.h).
namespace stationary::reference {

template <class Real>
using Vector = std::vector<Real>;

template <class Real>
Vector<Real> rounded(const std::vector<double>& numbers) {
    return Vector<Real>(numbers.begin(), numbers.end());
}

/// Row `row` of a table with x.size() columns times x: running sums over i mod 4, joined as (s0 + s2) + (s1 + s3).
template <class Real>
Real row_times(const Vector<Real>& table, std::size_t row, const Vector<Real>& x) {
    Real sum[4]{};
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Real a = table[row * x.size() + i];
        sum[i % 4] = i < 4 ? a * x[i] : std::fma(a, x[i], sum[i % 4]);
    }
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/// x·y: up to dimension 32 as row_times; beyond it lane k of 32 sums quads k, k + 32, … of components from zero, and
/// lanes are joined 16 apart, then 8, 4, 2 and 1.
template <class Real>
Real inner_product(const Vector<Real>& x, const Vector<Real>& y) {
    if (x.size() <= 32) return row_times(x, 0, y);
    Real lanes[32];
    for (std::size_t lane = 0; lane < 32; ++lane) {
        Real sum[4]{};
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (i / 4 % 32 == lane) sum[i % 4] = std::fma(x[i], y[i], sum[i % 4]);
        }
        lanes[lane] = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }
    for (const std::size_t apart : {16, 8, 4, 2, 1}) {
        for (std::size_t lane = 0; lane < apart; ++lane) lanes[lane] += lanes[lane + apart];
    }
    return lanes[0];
}

template <class Real>
class Chain {
  public:
    /// A chain that has taken `steps` steps and stands at its initial state, as if it had arrived there.
    Chain(const CellProgram& program, std::uint64_t id, std::uint64_t steps = 0)
        : p_(program),
          id_(id),
          steps_(steps),
          d_(program.initial.size()),
          batch_(static_cast<std::uint64_t>(program.batch_size)),
          hessian_(rounded<Real>(program.hessian)),
          noise_factor_(rounded<Real>(program.noise_factor)),
          features_(rounded<Real>(program.features)),
          position_(rounded<Real>(program.initial)),
          velocity_(d_, Real(0)) {}

    void step() {
        if (p_.stepper == Stepper::langevin) {
            langevin_step();
        } else {
            sgd_step(gradient_at(p_.frozen ? rounded<Real>(p_.initial) : position_));
        }
        ++steps_;
    }
    [[nodiscard]] const Vector<Real>& position() const { return position_; }
    [[nodiscard]] const Vector<Real>& velocity() const { return velocity_; }
    [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(steps_); }

  private:
    [[nodiscard]] std::uint32_t word(NoisePurpose purpose, std::uint64_t w) const {
        std::uint32_t words[4];
        philox_block(p_.key, (static_cast<std::uint64_t>(purpose) << 56) + w / 4, id_, words);
        return words[w % 4];
    }
    [[nodiscard]] Real normal(std::uint64_t n) const {
        const std::uint64_t first = n - n % 2;
        const std::uint32_t radius_word = word(NoisePurpose::gradient_noise, first);
        const std::uint32_t angle_word = word(NoisePurpose::gradient_noise, first + 1);
        float z[2];
        if (p_.fast_normals) {
            fast_box_muller(radius_word, angle_word, z[0], z[1]);
            return static_cast<Real>(z[n % 2] * fast_normal_unit);
        }
        box_muller(radius_word, angle_word, z[0], z[1]);
        return z[n % 2];
    }
    /// `count` normals from normal `first` on.
    [[nodiscard]] Vector<Real> normals(std::uint64_t first, std::size_t count) const {
        Vector<Real> z(count);
        for (std::size_t i = 0; i < count; ++i) z[i] = normal(first + i);
        return z;
    }
    /// F z
    [[nodiscard]] Vector<Real> factor_times(const Vector<Real>& z) const {
        Vector<Real> x(d_);
        for (std::size_t i = 0; i < d_; ++i) x[i] = row_times(noise_factor_, i, z);
        return x;
    }

    /// δ ← δ − h Hδ + F z
    void langevin_step() {
        const Vector<Real> noise = factor_times(normals(steps_ * d_, d_));
        Vector<Real> next(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            next[i] =
                std::fma(-static_cast<Real>(p_.step_size), row_times(hessian_, i, position_), position_[i]) + noise[i];
        }
        position_ = next;
    }

    [[nodiscard]] Vector<Real> gradient_at(const Vector<Real>& at) const {
        switch (p_.oracle) {
            case Oracle::quadratic:
                return quadratic_gradient(at);
            case Oracle::finite_quadratic:
                return finite_quadratic_gradient(at);
            case Oracle::gaussian_regression:
                return gaussian_regression_gradient(at);
            case Oracle::least_squares:
                break;
        }
        return least_squares_gradient(at);
    }

    /// Hδ + sum / B
    [[nodiscard]] Vector<Real> mean_gradient_plus(const Vector<Real>& sum, const Vector<Real>& at) const {
        Vector<Real> gradient(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            gradient[i] = std::fma(sum[i], inverse_batch_size(), row_times(hessian_, i, at));
        }
        return gradient;
    }

    /// Hδ + F Σ_b z_b / B
    [[nodiscard]] Vector<Real> quadratic_gradient(const Vector<Real>& at) const {
        Vector<Real> sum = normals(steps_ * batch_ * d_, d_);
        for (std::uint64_t b = 1; b < batch_; ++b) {
            const Vector<Real> z = normals((steps_ * batch_ + b) * d_, d_);
            for (std::size_t i = 0; i < d_; ++i) sum[i] += z[i];
        }
        return mean_gradient_plus(factor_times(sum), at);
    }

    /// Hδ + Σ_b r_b / B
    [[nodiscard]] Vector<Real> finite_quadratic_gradient(const Vector<Real>& at) const {
        Vector<Real> sum(d_, Real(0));
        for (const std::size_t point : batch_points()) {
            for (std::size_t i = 0; i < d_; ++i) sum[i] += static_cast<Real>(p_.gradient_residuals[point * d_ + i]);
        }
        return mean_gradient_plus(sum, at);
    }

    /// Σ_b x_b (x_bᵀδ − σζ_b) / B, x_b = F z_b
    [[nodiscard]] Vector<Real> gaussian_regression_gradient(const Vector<Real>& at) const {
        Vector<Real> sum(d_, Real(0));
        for (std::uint64_t b = 0; b < batch_; ++b) {
            const std::uint64_t first = (steps_ * batch_ + b) * (d_ + 1);
            const Vector<Real> x = factor_times(normals(first, d_));
            const Real residual =
                std::fma(-static_cast<Real>(p_.label_noise), normal(first + d_), inner_product(x, at));
            for (std::size_t i = 0; i < d_; ++i) sum[i] = std::fma(x[i], residual, sum[i]);
        }
        for (Real& component : sum) component *= inverse_batch_size();
        return sum;
    }

    /// Σ_b x_b (x_bᵀδ + e_b) / B + ridge·δ + ridge·Φ*
    [[nodiscard]] Vector<Real> least_squares_gradient(const Vector<Real>& at) const {
        Vector<Real> sum(d_, Real(0));
        for (const std::size_t point : batch_points()) {
            const auto row = features_.begin() + static_cast<std::ptrdiff_t>(point * d_);
            const Vector<Real> x(row, row + static_cast<std::ptrdiff_t>(d_));
            const Real residual = inner_product(x, at) + static_cast<Real>(p_.residuals[point]);
            for (std::size_t i = 0; i < d_; ++i) sum[i] = std::fma(features_[point * d_ + i], residual, sum[i]);
        }
        Vector<Real> gradient(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            const Real penalty = std::fma(static_cast<Real>(p_.ridge), at[i], static_cast<Real>(p_.ridge_gradient[i]));
            gradient[i] = std::fma(sum[i], inverse_batch_size(), penalty);
        }
        return gradient;
    }

    /// The training points of this step, in the order in which they are drawn.
    [[nodiscard]] std::vector<std::size_t> batch_points() const {
        const auto n = static_cast<std::uint64_t>(p_.training_points);
        const bool reshuffle = p_.sampling == BatchSampling::reshuffle;
        const std::uint64_t epoch_steps = reshuffle ? n / batch_ : 1;
        std::vector<std::size_t> points;
        for (std::uint64_t b = 0; b < batch_; ++b) {
            const bool independent = p_.sampling == BatchSampling::with_replacement;
            points.push_back(independent ? (word(NoisePurpose::minibatch_index, steps_ * batch_ + b) * n) >> 32
                                         : point_at(steps_ / epoch_steps, steps_ % epoch_steps * batch_ + b));
        }
        return points;
    }
    /// Where the permutation whose key is block `epoch` of epoch_order sends a place.
    [[nodiscard]] std::size_t point_at(std::uint64_t epoch, std::uint64_t place) const {
        std::uint32_t permutation_key[4];
        for (std::uint64_t k = 0; k < 4; ++k) permutation_key[k] = word(NoisePurpose::epoch_order, 4 * epoch + k);
        Permutation<ScalarLanes<float>> permutation;
        permutation.start(permutation_key, static_cast<std::uint32_t>(p_.training_points));
        return permutation(static_cast<std::uint32_t>(place));
    }

    /// v ← μ v + (1 − τ) ĝ; δ ← δ − η (a ĝ + c v), η = w_t where steps have weights
    void sgd_step(const Vector<Real>& gradient) {
        const auto size = static_cast<Real>(p_.step_weights.empty() ? p_.step_size : p_.step_weights[steps_]);
        for (std::size_t i = 0; i < d_; ++i) {
            velocity_[i] = std::fma(static_cast<Real>(p_.momentum), velocity_[i],
                                    static_cast<Real>(p_.gradient_weight) * gradient[i]);
            const Real direction = std::fma(static_cast<Real>(p_.velocity_weight), velocity_[i],
                                            static_cast<Real>(p_.direct_weight) * gradient[i]);
            position_[i] = std::fma(-size, direction, position_[i]);
        }
    }

    [[nodiscard]] Real inverse_batch_size() const {
        return static_cast<Real>(1.0 / static_cast<double>(p_.batch_size));
    }

    const CellProgram& p_;
    std::uint64_t id_;
    std::uint64_t steps_;
    std::size_t d_;
    std::uint64_t batch_;
    Vector<Real> hessian_, noise_factor_, features_, position_, velocity_;
};

/// Puts the centre of a program's draws on the state that chain `id` has after its burn-in.
template <class Real>
void centre_on_chain(CellProgram& program, std::uint64_t id) {
    Chain<Real> chain(program, id);
    while (chain.steps() < program.burn_in) chain.step();
    program.centre.assign(chain.position().begin(), chain.position().end());
}
inline void centre_on_chain(CellProgram& program, std::uint64_t id) {
    program.double_precision ? centre_on_chain<double>(program, id) : centre_on_chain<float>(program, id);
}

}  // namespace stationary::reference
