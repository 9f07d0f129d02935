#include "host/comparison/fluctuation_dissipation.h"

#include <cmath>
#include <limits>

namespace stationary {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// tr(H E_s δδᵀ) of one shard, from its second moment about the pooled mean m and its own mean m_s:
/// E_s δδᵀ = E_s (δ − m)(δ − m)ᵀ + m m_sᵀ + m_s mᵀ − m mᵀ.
double shard_work(const Estimate& estimate, const Matrix& hessian, std::size_t shard) {
    const Vector pull = hessian * estimate.mean;
    return hessian.cwiseProduct(estimate.shard_covariance[shard]).sum() + 2.0 * pull.dot(estimate.shard_mean[shard]) -
           pull.dot(estimate.mean);
}

}  // namespace

ScalarEstimate fluctuation_dissipation_ratio(const Estimate& estimate, const Matrix& hessian,
                                             const DissipationRelation& relation) {
    const auto [lookahead, factor] = relation;
    const std::size_t shards = estimate.shard_velocity_square.size();
    const double denominator = factor * estimate.velocity_square;
    if (shards == 0 || shards != estimate.shard_covariance.size() || !(denominator > 0.0) ||
        (lookahead != 0.0 && shards != estimate.shard_velocity_pull.size()))
        return {not_a_number, not_a_number};
    const auto ahead = [&](double pull) { return lookahead == 0.0 ? 0.0 : lookahead * pull; };
    const double work = hessian.cwiseProduct(estimate.covariance).sum() + estimate.mean.dot(hessian * estimate.mean) +
                        ahead(estimate.velocity_pull);
    const double ratio = work / denominator;
    Vector deviations(static_cast<Eigen::Index>(shards));
    for (std::size_t s = 0; s < shards; ++s) {
        const double pull = lookahead == 0.0 ? 0.0 : estimate.shard_velocity_pull[s];
        deviations(static_cast<Eigen::Index>(s)) =
            (shard_work(estimate, hessian, s) + ahead(pull) - ratio * factor * estimate.shard_velocity_square[s]) /
            denominator;
    }
    const double work_floor = hessian.cwiseAbs().cwiseProduct(estimate.resolution_floor).sum() / denominator;
    const double pull_floor = ahead(estimate.velocity_pull_floor) / denominator;
    const double velocity_floor = ratio * estimate.velocity_square_floor / estimate.velocity_square;
    const double floor = std::hypot(work_floor, pull_floor, velocity_floor);
    return {ratio, std::hypot(standard_error_of(deviations), floor)};
}

}  // namespace stationary
