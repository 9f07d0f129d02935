#pragma once

#include "kernels/cell_program.h"
#include "kernels/noise_purpose.h"
#include "kernels/normals.h"
#include "kernels/philox.h"
#include "kernels/shard_moments.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// One chain at a time, written out from THEORY.md and the documented noise layout, without lanes, padding, streams or
/// templates over steppers: what the kernels must reproduce bit for bit. It shares with them only philox_block and
/// box_muller, which have tests of their own, and the documented order of sums (dot.h).
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

template <class Real>
class Chain {
  public:
    /// A chain that has taken `steps` steps and stands at its initial state, as if it had arrived there.
    Chain(const CellProgram& program, std::uint64_t id, std::uint64_t steps = 0)
        : p_(program),
          id_(id),
          steps_(steps),
          d_(program.initial.size()),
          hessian_(rounded<Real>(program.hessian)),
          noise_factor_(rounded<Real>(program.noise_factor)),
          features_(rounded<Real>(program.features)),
          position_(rounded<Real>(program.initial)),
          velocity_(d_, Real(0)) {}

    void step() {
        if (p_.stepper == Stepper::langevin) {
            langevin_step();
        } else {
            sgd_step(p_.oracle == Oracle::quadratic ? quadratic_gradient() : least_squares_gradient());
        }
        ++steps_;
    }
    [[nodiscard]] const Vector<Real>& position() const { return position_; }
    [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(steps_); }

  private:
    [[nodiscard]] std::uint32_t word(NoisePurpose purpose, std::uint64_t w) const {
        std::uint32_t words[4];
        philox_block(p_.key, (static_cast<std::uint64_t>(purpose) << 56) + w / 4, id_, words);
        return words[w % 4];
    }
    [[nodiscard]] Real normal(std::uint64_t n) const {
        const std::uint64_t first = n - n % 2;
        float z[2];
        box_muller(word(NoisePurpose::gradient_noise, first), word(NoisePurpose::gradient_noise, first + 1), z[0],
                   z[1]);
        return z[n % 2];
    }
    /// z_b of this step; each step draws `vectors` of them.
    [[nodiscard]] Vector<Real> noise_vector(std::uint64_t b, std::uint64_t vectors) const {
        Vector<Real> z(d_);
        for (std::size_t i = 0; i < d_; ++i) z[i] = normal((steps_ * vectors + b) * d_ + i);
        return z;
    }

    /// δ ← δ − h Hδ + F z
    void langevin_step() {
        const Vector<Real> z = noise_vector(0, 1);
        Vector<Real> next(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            next[i] = std::fma(-static_cast<Real>(p_.step_size), row_times(hessian_, i, position_), position_[i]) +
                      row_times(noise_factor_, i, z);
        }
        position_ = next;
    }

    /// Hδ + F Σ_b z_b / B
    [[nodiscard]] Vector<Real> quadratic_gradient() const {
        const auto batch = static_cast<std::uint64_t>(p_.batch_size);
        Vector<Real> sum = noise_vector(0, batch);
        for (std::uint64_t b = 1; b < batch; ++b) {
            const Vector<Real> z = noise_vector(b, batch);
            for (std::size_t i = 0; i < d_; ++i) sum[i] += z[i];
        }
        Vector<Real> gradient(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            gradient[i] =
                std::fma(row_times(noise_factor_, i, sum), inverse_batch_size(), row_times(hessian_, i, position_));
        }
        return gradient;
    }

    /// Σ_b x_b (x_bᵀδ + e_b) / B + ridge·δ + ridge·Φ*
    [[nodiscard]] Vector<Real> least_squares_gradient() const {
        const auto batch = static_cast<std::uint64_t>(p_.batch_size);
        Vector<Real> sum(d_, Real(0));
        for (std::uint64_t b = 0; b < batch; ++b) {
            const std::uint64_t w = word(NoisePurpose::minibatch_index, steps_ * batch + b);
            const std::size_t point = (w * static_cast<std::uint64_t>(p_.training_points)) >> 32;
            const Real residual = row_times(features_, point, position_) + static_cast<Real>(p_.residuals[point]);
            for (std::size_t i = 0; i < d_; ++i) sum[i] = std::fma(features_[point * d_ + i], residual, sum[i]);
        }
        Vector<Real> gradient(d_);
        for (std::size_t i = 0; i < d_; ++i) {
            const Real penalty =
                std::fma(static_cast<Real>(p_.ridge), position_[i], static_cast<Real>(p_.ridge_gradient[i]));
            gradient[i] = std::fma(sum[i], inverse_batch_size(), penalty);
        }
        return gradient;
    }

    /// v ← μ v + (1 − τ) ĝ; δ ← δ − η (a ĝ + c v)
    void sgd_step(const Vector<Real>& gradient) {
        for (std::size_t i = 0; i < d_; ++i) {
            velocity_[i] = std::fma(static_cast<Real>(p_.momentum), velocity_[i],
                                    static_cast<Real>(p_.gradient_weight) * gradient[i]);
            const Real direction = std::fma(static_cast<Real>(p_.velocity_weight), velocity_[i],
                                            static_cast<Real>(p_.direct_weight) * gradient[i]);
            position_[i] = std::fma(-static_cast<Real>(p_.step_size), direction, position_[i]);
        }
    }

    [[nodiscard]] Real inverse_batch_size() const {
        return static_cast<Real>(1.0 / static_cast<double>(p_.batch_size));
    }

    const CellProgram& p_;
    std::uint64_t id_;
    std::uint64_t steps_;
    std::size_t d_;
    Vector<Real> hessian_, noise_factor_, features_, position_, velocity_;
};

/// Adds one draw to the moments: integers by the C library's rounding to nearest even, clamped; sums of 128 bits.
/// Whether it was finite.
template <class Real>
bool add_draw(const CellProgram& program, const Vector<Real>& position, ShardMoments& moments) {
    std::vector<std::int64_t> q;
    bool saturated = false;
    for (std::size_t i = 0; i < position.size(); ++i) {
        if (!std::isfinite(position[i])) return false;
        constexpr double limit = 16777215.0;
        const double scaled =
            (position[i] - static_cast<Real>(program.centre[i])) * static_cast<Real>(program.scale[i]);
        saturated = saturated || std::abs(scaled) > limit;
        q.push_back(static_cast<std::int64_t>(std::nearbyint(std::clamp(scaled, -limit, limit))));
    }
    ++moments.finite_draws;
    moments.saturated_draws += saturated ? 1 : 0;
    std::size_t k = 0;
    for (std::size_t i = 0; i < q.size(); ++i) {
        moments.sum[i] += q[i];
        for (std::size_t j = i; j < q.size(); ++j) moments.products[k++] += Int128{q[i]} * q[j];
    }
    return true;
}

/// The moments of a shard, chain after chain.
template <class Real>
ShardMoments shard_moments(const CellProgram& program, std::int64_t shard) {
    ShardMoments moments;
    moments.shard = shard;
    moments.sum.assign(static_cast<std::size_t>(program.dimension), 0);
    moments.products.assign(static_cast<std::size_t>(packed_size(program.dimension)), 0);
    for (std::int64_t c = 0; c < program.shard_chains; ++c) {
        Chain<Real> chain(program, static_cast<std::uint64_t>(shard * program.shard_chains + c));
        bool diverged = false;
        for (std::int64_t draw = 0; draw < program.draws; ++draw) {
            while (chain.steps() < program.burn_in + draw * program.stride) chain.step();
            if (add_draw(program, chain.position(), moments)) continue;
            diverged = true;
            const bool first = moments.first_bad_step < 0 || chain.steps() < moments.first_bad_step;
            if (first) moments.first_bad_step = chain.steps();
        }
        moments.diverged_chains += diverged ? 1 : 0;
    }
    return moments;
}

inline ShardMoments shard_moments(const CellProgram& program, std::int64_t shard) {
    return program.double_precision ? shard_moments<double>(program, shard) : shard_moments<float>(program, shard);
}

}  // namespace stationary::reference
