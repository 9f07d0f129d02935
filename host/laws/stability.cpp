#include <limits>

#include "host/algebra/eigenbasis.h"
#include "host/laws/fourth_moment.h"
#include "host/laws/gaussian_regression_law.h"
#include "host/laws/large_minibatch_law.h"
#include "host/laws/minibatch_law.h"
#include "host/laws/model_laws.h"
#include "host/laws/prediction.h"
#include "host/laws/sgd_response.h"

namespace stationary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_computed_limit = std::numeric_limits<double>::quiet_NaN();

Stability judge(const Cell& cell, double limit, double fourth_moment) {
    return {cell.learning_rate < limit, limit, fourth_moment};
}

/// Computed for plain SGD with replacement in few dimensions; NaN elsewhere.
double least_squares_fourth_moment(const LossModel& model, const Cell& cell, double limit) {
    const bool plain = cell.momentum == 0.0 && cell.dampening == 0.0;
    if (!plain || cell.sampling != Sampling::with_replacement) {
        return not_computed_limit;
    }
    return fourth_moment_limit(model.features, model.ridge, static_cast<double>(cell.batch_size), limit);
}

}  // namespace

Stability ModelLaws::stability(const Cell& cell) const {
    const LossModel& model = model_;
    const Eigenbasis& basis = basis_;
    // Noise that does not depend on the state, Gaussian or drawn from a finite set, leaves every moment finite.
    if (cell.dynamics == Dynamics::langevin) {
        return judge(cell, 2.0 / (cell.time_step * basis.largest_curvature()), infinity);
    }
    const SgdStep step = make_sgd_step(cell);
    if (model.kind == ModelKind::quadratic) {
        return judge(cell, mean_stability_limit(step) / basis.largest_curvature(), infinity);
    }
    const double noise_factor = minibatch_noise_factor(model, cell);
    if (model.kind == ModelKind::gaussian_regression) {
        return judge(cell, GaussianRegressionLaw(model, basis, noise_factor).learning_rate_limit(step),
                     not_computed_limit);
    }
    if (model.dimension() > most_tabulated_dimension) {
        return large_stability(cell, step, noise_factor);
    }
    const MinibatchLaw law(state_noise(), basis, noise_factor);
    const double limit = law.learning_rate_limit(step);
    return judge(cell, limit, least_squares_fourth_moment(model, cell, limit));
}

Stability ModelLaws::large_stability(const Cell& cell, const SgdStep& step, double noise_factor) const {
    const bool too_long = FeatureNoise::cost(model_.features.rows(), model_.dimension()) > most_law_operations;
    if (!too_long) {
        const LargeMinibatchLaw law(feature_noise(), basis_, noise_factor);
        return judge(cell, law.learning_rate_limit(step), not_computed_limit);
    }
    const Matrix coupling = feature_noise().coupling();
    Stability stability = judge(cell, approximate_learning_rate_limit(coupling, basis_.curvature, noise_factor, step),
                                not_computed_limit);
    stability.approximate = true;
    return stability;
}

Stability mean_square_stability(const LossModel& model, const Cell& cell) { return ModelLaws(model).stability(cell); }

}  // namespace stationary
