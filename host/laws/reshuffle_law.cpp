#include "host/laws/reshuffle_law.h"

#include <bit>
#include <stdexcept>

#include "host/laws/mode_pair.h"

namespace stationary {
namespace {

/// One step of one mode in the coordinates (p, u), p = δ − shear·u.
struct ShearedStep {
    Mode increment;         ///< M − I
    ModeState gain;         ///< b
    ModeState to_position;  ///< δ = to_position · (p, u)
};

/// Where x ≪ (1 − μ)² the slow direction is p with shear w/(1 − μ): a step moves it by O(x) alone, so what an epoch's
/// noise nearly cancels is not hidden behind the fast direction. An oscillating mode has no such direction.
ShearedStep sheared_step(const SgdStep& step, Real x) {
    const Real decay = 1 - Real(step.momentum);
    const bool overdamped = x <= decay * decay;
    const Real carry = step.velocity_carry;
    const Real shear = overdamped ? carry / decay : Real(0);
    const Real gamma = step.velocity_gain;
    const Real drift = Real(step.position_gain) + shear * gamma;
    ShearedStep sheared;
    sheared.increment << -drift * x, -drift * x * shear - (overdamped ? Real(0) : carry),  //
        gamma * x, gamma * x * shear - decay;
    sheared.gain << -drift, gamma;
    sheared.to_position << 1, shear;
    return sheared;
}

/// m_k = M^k b of one mode over k < L.
struct ModeRun {
    Mode growth;     ///< M^L − I
    ModeState mean;  ///< m̄
    ModeState bend;  ///< m̄ − m_0, kept for itself: the difference would keep no digits where M is near I
};

/// L steps on two modes.
struct PairRun {
    std::int64_t steps;  ///< L
    ModeRun i;
    ModeRun j;
    Mode scatter;  ///< V_L
};

/// How far the mean of a second stretch of steps lies from that of the first, and their union.
struct Joined {
    ModeRun run;
    ModeState gap;
};

/// L steps, then L more: m_{k+L} = M^L m_k.
Joined doubled(const ModeRun& run) {
    const ModeState gap = run.growth * run.mean;
    return {{Real(2) * run.growth + run.growth * run.growth, run.mean + gap / 2, run.bend + gap / 2}, gap};
}

/// One step, then `steps` more.
Joined extended(const ModeRun& run, const ShearedStep& step, Real steps) {
    const ModeState gap = run.bend + step.increment * run.mean;
    const ModeState bend = gap * (steps / (steps + 1));
    return {{run.growth + step.increment + step.increment * run.growth, step.gain + bend, bend}, gap};
}

/// (I + A_i) S (I + A_j)ᵀ.
Mode moved(const Mode& growth_i, const Mode& moments, const Mode& growth_j) {
    const Mode left = moments + growth_i * moments;
    return left + left * growth_j.transpose();
}

PairRun doubled(const PairRun& run) {
    const Joined i = doubled(run.i);
    const Joined j = doubled(run.j);
    const Mode between = Real(run.steps) / 2 * i.gap * j.gap.transpose();
    return {2 * run.steps, i.run, j.run, run.scatter + moved(run.i.growth, run.scatter, run.j.growth) + between};
}

PairRun extended(const PairRun& run, const ShearedStep& step_i, const ShearedStep& step_j) {
    const Real steps = run.steps;
    const Joined i = extended(run.i, step_i, steps);
    const Joined j = extended(run.j, step_j, steps);
    const Mode between = steps / (steps + 1) * i.gap * j.gap.transpose();
    return {run.steps + 1, i.run, j.run, moved(step_i.increment, run.scatter, step_j.increment) + between};
}

/// No step at all, with the mean of the empty run set to b.
PairRun no_steps(const ShearedStep& step_i, const ShearedStep& step_j) {
    const ModeState zero = ModeState::Zero();
    const Mode nothing = Mode::Zero();
    return {0, {nothing, step_i.gain, zero}, {nothing, step_j.gain, zero}, nothing};
}

PairRun run_of(std::int64_t steps, const ShearedStep& step_i, const ShearedStep& step_j) {
    PairRun run = no_steps(step_i, step_j);
    for (auto bit = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(steps))) - 1; bit >= 0; --bit) {
        run = doubled(run);
        if ((steps >> bit & 1) != 0) {
            run = extended(run, step_i, step_j);
        }
    }
    return run;
}

/// Q_L for unit Σ¹_ij and unit learning rate.
Mode noise_of(const PairRun& run, const EpochPlace& place) {
    const Real batches = Real(place.training_points) / Real(place.batch_size);
    const Real left = Real(place.training_points - run.steps * place.batch_size) / Real(place.batch_size);
    const Mode noise = batches * run.scatter + Real(run.steps) * left * run.i.mean * run.j.mean.transpose();
    return noise / Real(place.training_points - 1);
}

Real pair_response(const ShearedStep& step_i, const ShearedStep& step_j, const EpochPlace& place) {
    const PairRun epoch = run_of(place.training_points / place.batch_size, step_i, step_j);
    const PairRun part = run_of(place.position, step_i, step_j);
    const Mode start = stationary_pair(epoch.i.growth, epoch.j.growth, noise_of(epoch, place));
    const Mode recorded = moved(part.i.growth, start, part.j.growth) + noise_of(part, place);
    return step_i.to_position.dot(recorded * step_j.to_position);
}

void check(const EpochPlace& place) {
    if (place.batch_size < 1 || place.batch_size > place.training_points) {
        throw std::invalid_argument("an epoch needs at least one whole batch");
    }
    if (place.position < 0 || place.position >= place.training_points / place.batch_size) {
        throw std::invalid_argument("the epoch position must lie in the epoch");
    }
}

}  // namespace

RealMatrix reshuffle_response(const SgdStep& step, double learning_rate, const RealVector& curvature,
                              const EpochPlace& place) {
    check(place);
    const Eigen::Index dimension = curvature.size();
    if (place.batch_size == place.training_points) {
        return RealMatrix::Zero(dimension, dimension);
    }
    const Real eta = learning_rate;
    RealMatrix response(dimension, dimension);
    for (Eigen::Index j = 0; j < dimension; ++j) {
        const ShearedStep step_j = sheared_step(step, eta * curvature(j));
        for (Eigen::Index i = 0; i <= j; ++i) {
            const ShearedStep step_i = sheared_step(step, eta * curvature(i));
            response(i, j) = eta * eta * pair_response(step_i, step_j, place);
            response(j, i) = response(i, j);
        }
    }
    return response;
}

}  // namespace stationary
