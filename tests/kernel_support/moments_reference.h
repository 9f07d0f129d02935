#pragma once

#include "kernels/interface/shard_moments.h"
#include "tests/kernel_support/chain_reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// The moments of a shard, written out chain after chain: what every backend must reproduce bit for bit.
namespace stationary::reference {

struct FixedPointNumber {
    std::int64_t value;
    bool saturated;
};

/// round((x − centre)·scale) by the C library's rounding to nearest even, clamped.
template <class Real>
FixedPointNumber fixed_point(Real x, double centre, double scale) {
    constexpr double limit = 16777215.0;
    const double scaled = (x - static_cast<Real>(centre)) * static_cast<Real>(scale);
    return {static_cast<std::int64_t>(std::nearbyint(std::clamp(scaled, -limit, limit))), std::abs(scaled) > limit};
}

template <class Real>
bool all_finite(const Vector<Real>& x) {
    return std::all_of(x.begin(), x.end(), [](Real component) { return std::isfinite(component); });
}

/// v·Hδ in the documented order of sums.
template <class Real>
Real velocity_pull(const CellProgram& program, const Chain<Real>& chain) {
    const Vector<Real> hessian = rounded<Real>(program.hessian);
    Vector<Real> gradient;
    for (std::size_t i = 0; i < chain.position().size(); ++i)
        gradient.push_back(row_times(hessian, i, chain.position()));
    return inner_product(chain.velocity(), gradient);
}

/// Adds one draw to the moments, with sums of 128 bits. Whether it was finite.
template <class Real>
bool add_draw(const CellProgram& program, const Chain<Real>& chain, ShardMoments& moments) {
    const Real work = program.pull_scale > 0.0 ? velocity_pull(program, chain) : Real(0);
    if (!all_finite(chain.position()) || !all_finite(chain.velocity()) || !std::isfinite(work)) return false;
    std::vector<std::int64_t> q;
    bool saturated = false;
    for (std::size_t i = 0; i < chain.position().size(); ++i) {
        const FixedPointNumber position = fixed_point(chain.position()[i], program.centre[i], program.scale[i]);
        const FixedPointNumber velocity = fixed_point(chain.velocity()[i], 0.0, program.velocity_scale);
        saturated = saturated || position.saturated || velocity.saturated;
        q.push_back(position.value);
        moments.velocity_squares += Int128{velocity.value} * velocity.value;
    }
    if (program.pull_scale > 0.0) {
        const FixedPointNumber pull = fixed_point(work, 0.0, program.pull_scale);
        saturated = saturated || pull.saturated;
        moments.velocity_pulls += pull.value;
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
            if (add_draw(program, chain, moments)) continue;
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
