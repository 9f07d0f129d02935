#include "host/laws/gaussian_regression_law.h"

namespace stationary {
namespace {

constexpr double limit_tolerance = 1e-13;

/// q / (1 − q).
RealVector amplified(const RealVector& feedback) { return (feedback.array() / (1 - feedback.array())).matrix(); }

}  // namespace

GaussianRegressionLaw::GaussianRegressionLaw(const LossModel& model, const Eigenbasis& basis, double noise_factor)
    : curvature_(basis.curvature), noise_factor_(noise_factor), label_noise_variance_(model.label_noise_variance) {}

RealVector GaussianRegressionLaw::feedback(const RealVector& responses) const {
    return noise_factor_ * responses.cwiseProduct(curvature_.cwiseAbs2());
}

bool GaussianRegressionLaw::contracts(const RealVector& responses) const {
    const RealVector returned = feedback(responses);
    return returned.allFinite() && returned.maxCoeff() < 1 && amplified(returned).sum() < 1;
}

RealMatrix GaussianRegressionLaw::covariance(const RealVector& responses) const {
    const RealVector gain = amplified(feedback(responses));
    const Real strength = label_noise_variance_ / (1 - gain.sum());
    return (strength * gain.cwiseQuotient(curvature_)).asDiagonal();
}

double GaussianRegressionLaw::learning_rate_limit(const SgdStep& step) const {
    double unstable = mean_stability_limit(step) / static_cast<double>(curvature_(curvature_.size() - 1));
    double stable = 0.0;
    while (unstable - stable > limit_tolerance * unstable) {
        const double middle = 0.5 * (stable + unstable);
        (contracts(mode_responses(step, middle, curvature_)) ? stable : unstable) = middle;
    }
    return unstable;
}

}  // namespace stationary
