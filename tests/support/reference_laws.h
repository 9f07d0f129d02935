#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "host/model/cell.h"
#include "host/model/loss_model.h"

/// Stationary laws in 50-digit arithmetic by the longest way round: the update rule as PyTorch writes it, the full
/// (2d)² Kronecker system, no eigenbasis and no closed form. Shares no code with the predictions.
namespace stationary::reference {

using Big = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// A dense matrix of Big, row by row.
struct BigMatrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<Big> entries;

    BigMatrix(std::size_t r, std::size_t c) : rows(r), columns(c), entries(r * c) {}
    explicit BigMatrix(const Matrix& a) : BigMatrix(std::size_t(a.rows()), std::size_t(a.cols())) {
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                (*this)(i, j) = a(Eigen::Index(i), Eigen::Index(j));
            }
        }
    }
    Big& operator()(std::size_t i, std::size_t j) { return entries[i * columns + j]; }
    const Big& operator()(std::size_t i, std::size_t j) const { return entries[i * columns + j]; }
};

inline BigMatrix operator*(const BigMatrix& a, const BigMatrix& b) {
    BigMatrix product(a.rows, b.columns);
    for (std::size_t i = 0; i < a.rows; ++i) {
        for (std::size_t k = 0; k < a.columns; ++k) {
            if (a(i, k) != 0) {
                for (std::size_t j = 0; j < b.columns; ++j) {
                    product(i, j) += a(i, k) * b(k, j);
                }
            }
        }
    }
    return product;
}

inline BigMatrix combine(const BigMatrix& a, const Big& weight, const BigMatrix& b) {
    BigMatrix sum = a;
    for (std::size_t i = 0; i < sum.entries.size(); ++i) {
        sum.entries[i] += weight * b.entries[i];
    }
    return sum;
}

inline BigMatrix transposed(const BigMatrix& a) {
    BigMatrix result(a.columns, a.rows);
    for (std::size_t i = 0; i < a.rows; ++i) {
        for (std::size_t j = 0; j < a.columns; ++j) {
            result(j, i) = a(i, j);
        }
    }
    return result;
}

/// Gaussian elimination with partial pivoting.
inline std::vector<Big> solve(BigMatrix a, std::vector<Big> b) {
    const std::size_t size = b.size();
    for (std::size_t k = 0; k < size; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < size; ++i) {
            pivot = abs(a(i, k)) > abs(a(pivot, k)) ? i : pivot;
        }
        for (std::size_t j = 0; j < size; ++j) {
            std::swap(a(k, j), a(pivot, j));
        }
        std::swap(b[k], b[pivot]);
        for (std::size_t i = k + 1; i < size; ++i) {
            const Big factor = a(i, k) / a(k, k);
            for (std::size_t j = k; factor != 0 && j < size; ++j) {
                a(i, j) -= factor * a(k, j);
            }
            b[i] -= factor * b[k];
        }
    }
    for (std::size_t k = size; k-- > 0;) {
        for (std::size_t j = k + 1; j < size; ++j) {
            b[k] -= a(k, j) * b[j];
        }
        b[k] /= a(k, k);
    }
    return b;
}

/// The solution Z of Z = map(Z) + source for a linear map of square matrices.
inline BigMatrix fixed_point(const std::function<BigMatrix(const BigMatrix&)>& map, const BigMatrix& source) {
    const std::size_t size = source.rows * source.rows;
    BigMatrix system(size, size);
    for (std::size_t column = 0; column < size; ++column) {
        BigMatrix unit(source.rows, source.rows);
        unit.entries[column] = 1;
        const BigMatrix image = map(unit);
        for (std::size_t row = 0; row < size; ++row) {
            system(row, column) = unit.entries[row] - image.entries[row];
        }
    }
    BigMatrix solution(source.rows, source.rows);
    solution.entries = solve(system, source.entries);
    return solution;
}

/// One SGD step on state (δ, v) with gradient g, as torch.optim.SGD documents it.
inline void pytorch_step(const Cell& cell, std::vector<Big>& position, std::vector<Big>& velocity,
                         const std::vector<Big>& gradient) {
    const Big momentum = cell.momentum;
    for (std::size_t i = 0; i < position.size(); ++i) {
        velocity[i] = momentum * velocity[i] + (1 - Big(cell.dampening)) * gradient[i];
        const bool nesterov = cell.update == UpdateRule::nesterov;
        const Big direction = nesterov ? gradient[i] + momentum * velocity[i] : velocity[i];
        position[i] -= Big(cell.learning_rate) * direction;
    }
}

/// z ← transition z + noise_gain ξ, found by stepping unit vectors.
struct LinearStep {
    BigMatrix transition;
    BigMatrix noise_gain;
};

inline LinearStep linear_step(const BigMatrix& hessian, const Cell& cell) {
    const std::size_t d = hessian.rows;
    LinearStep step{BigMatrix(2 * d, 2 * d), BigMatrix(2 * d, d)};
    for (std::size_t column = 0; column < 3 * d; ++column) {
        std::vector<Big> position(d);
        std::vector<Big> velocity(d);
        std::vector<Big> gradient(d);
        (column < d ? position : column < 2 * d ? velocity : gradient)[column % d] = 1;
        for (std::size_t i = 0; column < d && i < d; ++i) {
            gradient[i] = hessian(i, column);
        }
        pytorch_step(cell, position, velocity, gradient);
        BigMatrix& target = column < 2 * d ? step.transition : step.noise_gain;
        for (std::size_t i = 0; i < d; ++i) {
            target(i, column % (2 * d)) = position[i];
            target(d + i, column % (2 * d)) = velocity[i];
        }
    }
    return step;
}

inline BigMatrix position_block(const BigMatrix& z) {
    BigMatrix block(z.rows / 2, z.rows / 2);
    for (std::size_t i = 0; i < block.rows; ++i) {
        for (std::size_t j = 0; j < block.rows; ++j) {
            block(i, j) = z(i, j);
        }
    }
    return block;
}

/// Noise that depends on the state: E δδᵀ to the part of Σ^B that it adds.
using StateNoiseMap = std::function<BigMatrix(const BigMatrix&)>;

/// Z = E zzᵀ, z = (δ, v), from Z = M Z Mᵀ + b Σ(Z) bᵀ with Σ(Z) = state_noise(P) + constant_noise, P the δδ block of Z.
inline BigMatrix sgd_moments(const BigMatrix& hessian, const Cell& cell, const BigMatrix& constant_noise,
                             const StateNoiseMap& state_noise) {
    const LinearStep step = linear_step(hessian, cell);
    const BigMatrix back = transposed(step.transition);
    const BigMatrix gain = transposed(step.noise_gain);
    const auto map = [&](const BigMatrix& z) {
        const BigMatrix moved = step.transition * z * back;
        return state_noise ? combine(moved, 1, step.noise_gain * state_noise(position_block(z)) * gain) : moved;
    };
    return fixed_point(map, step.noise_gain * constant_noise * gain);
}

/// The δδ block of sgd_moments.
inline BigMatrix sgd_covariance(const BigMatrix& hessian, const Cell& cell, const BigMatrix& constant_noise,
                                const StateNoiseMap& state_noise) {
    return position_block(sgd_moments(hessian, cell, constant_noise, state_noise));
}

/// factor·(E[x xᵀ P x xᵀ] − APA), x ~ N(0, A), entry by entry from E x_i x_a x_b x_j = A_ia A_bj + A_ib A_aj + A_ij
/// A_ab.
inline BigMatrix isserlis_noise(const BigMatrix& a, const Big& factor, const BigMatrix& p) {
    BigMatrix fourth(a.rows, a.rows);
    for (std::size_t i = 0; i < a.rows; ++i) {
        for (std::size_t j = 0; j < a.rows; ++j) {
            for (std::size_t k = 0; k < a.rows; ++k) {
                for (std::size_t l = 0; l < a.rows; ++l) {
                    fourth(i, j) += p(k, l) * (a(i, k) * a(l, j) + a(i, l) * a(k, j) + a(i, j) * a(k, l));
                }
            }
        }
    }
    return combine(BigMatrix(a.rows, a.rows), factor, combine(fourth, -1, a * p * a));
}

/// Covariance of Σ_{k<steps} M^{steps−1−k} b ρ_k for the batch means ρ_k of one permutation of N points of covariance
/// `noise`: every pair of steps, Var ρ_k = noise·(N−B)/(B(N−1)), Cov(ρ_k, ρ_l) = −noise/(N−1).
inline BigMatrix epoch_noise(const LinearStep& step, const BigMatrix& noise, std::int64_t points, std::int64_t batch,
                             std::int64_t steps) {
    std::vector<BigMatrix> gains;  // M^k b
    for (std::int64_t k = 0; k < steps; ++k) {
        gains.push_back(k == 0 ? step.noise_gain : step.transition * gains.back());
    }
    BigMatrix sum(step.transition.rows, step.transition.rows);
    for (std::size_t k = 0; k < gains.size(); ++k) {
        for (std::size_t l = 0; l < gains.size(); ++l) {
            const Big share = k == l ? Big(points - batch) / (Big(batch) * (points - 1)) : Big(-1) / (points - 1);
            sum = combine(sum, share, gains[k] * noise * transposed(gains[l]));
        }
    }
    return sum;
}

/// E δδᵀ at cell.epoch_position of a reshuffled epoch of ⌊N/B⌋ batches, from Z_0 = M^n Z_0 M^nᵀ + Q_n.
inline BigMatrix reshuffle_covariance(const BigMatrix& hessian, const Cell& cell, const BigMatrix& noise,
                                      std::int64_t points) {
    const LinearStep step = linear_step(hessian, cell);
    const std::int64_t batches = points / cell.batch_size;
    const auto moved = [&](BigMatrix z, std::int64_t steps) {
        for (std::int64_t k = 0; k < steps; ++k) {
            z = step.transition * z * transposed(step.transition);
        }
        return z;
    };
    const auto noise_after = [&](std::int64_t steps) {
        return epoch_noise(step, noise, points, cell.batch_size, steps);
    };
    const BigMatrix start = fixed_point([&](const BigMatrix& z) { return moved(z, batches); }, noise_after(batches));
    return position_block(combine(moved(start, cell.epoch_position), 1, noise_after(cell.epoch_position)));
}

/// c_B (mean(H_i P H_i) − H P H), point by point, H_i = x_i x_iᵀ + ridge·I.
inline BigMatrix minibatch_noise(const LossModel& model, const Big& noise_factor, const BigMatrix& p) {
    const BigMatrix features(model.features);
    BigMatrix mean_curvature(p.rows, p.rows);
    BigMatrix mean_square(p.rows, p.rows);
    for (std::size_t n = 0; n < features.rows; ++n) {
        BigMatrix curvature(p.rows, p.rows);
        for (std::size_t i = 0; i < p.rows; ++i) {
            for (std::size_t j = 0; j < p.rows; ++j) {
                curvature(i, j) = features(n, i) * features(n, j) + (i == j ? Big(model.ridge) : Big(0));
            }
        }
        const Big weight = Big(1) / features.rows;
        mean_curvature = combine(mean_curvature, weight, curvature);
        mean_square = combine(mean_square, weight, curvature * p * curvature);
    }
    const BigMatrix noise = combine(mean_square, -1, mean_curvature * p * mean_curvature);
    return combine(BigMatrix(p.rows, p.rows), noise_factor, noise);
}

/// The largest relative error of an entry.
inline double worst_relative_error(const Matrix& value, const BigMatrix& reference) {
    Big worst = 0;
    for (std::size_t i = 0; i < reference.rows; ++i) {
        for (std::size_t j = 0; j < reference.columns; ++j) {
            const Big error = abs((Big(value(Eigen::Index(i), Eigen::Index(j))) - reference(i, j)) / reference(i, j));
            worst = error > worst || isnan(error) ? error : worst;
        }
    }
    return static_cast<double>(worst);
}

}  // namespace stationary::reference
