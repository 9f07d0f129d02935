#include "host/laws/prediction.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/eigenbasis.h"
#include "host/laws/gaussian_regression_law.h"
#include "host/laws/large_minibatch_law.h"
#include "host/laws/minibatch_law.h"
#include "host/laws/model_laws.h"
#include "host/laws/reshuffle_law.h"
#include "host/laws/sgd_response.h"

namespace stationary {
namespace {

/// C with C_ij = S_ij·strength / (h_i + h_j − Δt h_i h_j): the solution of HC + CH − Δt HCH = strength·S.
RealMatrix lyapunov_solution(const RealVector& h, const RealMatrix& noise, double strength, double time_step) {
    RealMatrix solution(h.size(), h.size());
    for (Eigen::Index j = 0; j < h.size(); ++j) {
        for (Eigen::Index i = 0; i < h.size(); ++i) {
            solution(i, j) = strength * noise(i, j) / (h(i) + h(j) - time_step * h(i) * h(j));
        }
    }
    return solution;
}

/// Whether every training point has the same curvature H_i, so that the noise does not depend on the state: a quadratic
/// model, or least squares whose feature vectors are equal up to sign.
bool has_equal_curvatures(const LossModel& model) {
    if (model.kind == ModelKind::quadratic) {
        return true;
    }
    if (model.kind != ModelKind::least_squares) {
        return false;
    }
    const auto first = model.features.row(0);
    const double tolerance = 1e-14 * first.cwiseAbs().maxCoeff();
    for (Eigen::Index i = 1; i < model.features.rows(); ++i) {
        const auto row = model.features.row(i);
        const bool same = (row - first).cwiseAbs().maxCoeff() <= tolerance;
        const bool opposite = (row + first).cwiseAbs().maxCoeff() <= tolerance;
        if (!same && !opposite) {
            return false;
        }
    }
    return true;
}

/// Collects the laws of one cell; all of them have the minimiser as their mean.
class LawBook {
  public:
    LawBook(const ModelLaws& shared, const Cell& cell)
        : shared_(shared),
          model_(shared.model()),
          cell_(cell),
          basis_(shared.basis()),
          noise_factor_(minibatch_noise_factor(model_, cell)),
          additive_noise_(shared.has_additive_noise()),
          point_noise_(shared.point_noise()),
          noise_(Real(noise_factor_) * point_noise_) {}

    std::vector<Prediction> laws() {
        if (cell_.dynamics == Dynamics::langevin) {
            add_langevin();
        } else {
            add_sgd();
        }
        return std::move(laws_);
    }

  private:
    void add(Theory theory, const RealMatrix& covariance, bool exact) {
        laws_.push_back({theory, basis_.from_modes(covariance), model_.minimizer, exact});
    }

    void add_langevin() {
        const double eta = cell_.learning_rate;
        const double step = cell_.time_step * eta;
        add(Theory::sde, lyapunov_solution(basis_.curvature, noise_, eta, 0.0), false);
        if (step * basis_.largest_curvature() < 2.0) {
            add(Theory::langevin_discrete, lyapunov_solution(basis_.curvature, noise_, eta, step), true);
        }
    }

    void add_sgd() {
        const SgdStep step = make_sgd_step(cell_);
        const double eta = cell_.learning_rate;
        if (!(long_run_gain(step) > 0.0)) {
            return;
        }
        add(Theory::sde, lyapunov_solution(basis_.curvature, noise_, eta * long_run_gain(step), 0.0), false);
        if (!(eta * basis_.largest_curvature() < mean_stability_limit(step))) {
            return;
        }
        if (is_reshuffled()) {
            add_reshuffled(step);
            return;
        }
        const RealMatrix response = noise_response(step, eta, basis_.curvature);
        add(Theory::discrete, response.cwiseProduct(noise_), additive_noise_);
        if (model_.kind == ModelKind::least_squares) {
            add_least_squares(response);
        } else if (model_.kind == ModelKind::gaussian_regression) {
            add_gaussian_regression(response.diagonal());
        }
    }

    /// A permutation of infinitely many training points never repeats one: its batches are independent.
    [[nodiscard]] bool is_reshuffled() const {
        return cell_.sampling == Sampling::reshuffle && model_.training_points() > 0;
    }

    void add_reshuffled(const SgdStep& step) {
        const EpochPlace place{model_.training_points(), cell_.batch_size, cell_.epoch_position};
        const RealMatrix response = reshuffle_response(step, cell_.learning_rate, basis_.curvature, place);
        add(Theory::discrete, response.cwiseProduct(point_noise_), additive_noise_);
        if (model_.kind == ModelKind::least_squares && additive_noise_) {
            add(Theory::least_squares, response.cwiseProduct(point_noise_), true);
        }
    }

    void add_least_squares(const RealMatrix& response) {
        if (model_.dimension() > most_tabulated_dimension) {
            add_large_least_squares(response);
            return;
        }
        const MinibatchLaw law(shared_.state_noise(), basis_, noise_factor_);
        if (law.contracts(response)) {
            add(Theory::least_squares, law.covariance(response, noise_).cast<Real>(), true);
        }
    }

    void add_large_least_squares(const RealMatrix& response) {
        if (!shared_.not_computed(cell_).empty()) {
            return;
        }
        const LargeMinibatchLaw law(shared_.feature_noise(), basis_, noise_factor_);
        if (const auto covariance = law.covariance(response, noise_)) {
            add(Theory::least_squares, covariance->cast<Real>(), true);
        }
    }

    void add_gaussian_regression(const RealVector& responses) {
        const GaussianRegressionLaw law(model_, basis_, noise_factor_);
        if (law.contracts(responses)) {
            add(Theory::least_squares, law.covariance(responses), true);
        }
    }

    const ModelLaws& shared_;
    const LossModel& model_;
    const Cell& cell_;
    const Eigenbasis& basis_;
    double noise_factor_;
    bool additive_noise_;
    const RealMatrix& point_noise_;  ///< Σ¹ in the eigenbasis
    RealMatrix noise_;               ///< Σ^B in the eigenbasis, of one batch alone
    std::vector<Prediction> laws_;
};

}  // namespace

std::string to_string(Theory theory) {
    switch (theory) {
        case Theory::sde:
            return "sde";
        case Theory::langevin_discrete:
            return "langevin_discrete";
        case Theory::discrete:
            return "discrete";
        case Theory::least_squares:
            return "least_squares";
    }
    throw std::invalid_argument("unknown theory");
}

double minibatch_noise_factor(const LossModel& model, const Cell& cell) {
    const auto batch = static_cast<double>(cell.batch_size);
    const auto points = static_cast<double>(model.training_points());
    if (cell.sampling == Sampling::with_replacement || model.training_points() == 0) {
        return 1.0 / batch;
    }
    if (cell.batch_size > model.training_points()) {
        throw std::invalid_argument("a batch drawn without replacement cannot exceed the data set");
    }
    return batch == points ? 0.0 : (points - batch) / (batch * (points - 1.0));
}

ModelLaws::ModelLaws(const LossModel& model)
    : model_(model),
      basis_(make_eigenbasis(model.hessian)),
      additive_noise_(has_equal_curvatures(model)),
      point_noise_(basis_.to_modes(model.gradient_noise_covariance)) {}

const Matrix& ModelLaws::state_noise() const {
    std::call_once(state_noise_made_, [this] { state_noise_ = MinibatchLaw::state_noise_of(model_, basis_); });
    return state_noise_;
}

const FeatureNoise& ModelLaws::feature_noise() const {
    std::call_once(feature_noise_made_, [this] {
        const Matrix directions = basis_.directions.cast<double>();
        feature_noise_ =
            std::make_unique<const FeatureNoise>(fixed_order::blocked_multiply(model_.features, directions));
    });
    return *feature_noise_;
}

std::vector<Theory> theories_not_computed(const LossModel& model, const Cell& cell) {
    const bool state_dependent = model.kind == ModelKind::least_squares && cell.dynamics == Dynamics::sgd &&
                                 cell.sampling != Sampling::reshuffle;
    if (!state_dependent || model.dimension() <= most_tabulated_dimension || has_equal_curvatures(model)) {
        return {};
    }
    const bool too_long = FeatureNoise::cost(model.features.rows(), model.dimension()) > most_law_operations;
    return too_long ? std::vector<Theory>{Theory::least_squares} : std::vector<Theory>{};
}

std::vector<Theory> ModelLaws::not_computed(const Cell& cell) const { return theories_not_computed(model_, cell); }

std::vector<Prediction> ModelLaws::predict(const Cell& cell) const { return LawBook(*this, cell).laws(); }

std::vector<Prediction> predict(const LossModel& model, const Cell& cell) { return ModelLaws(model).predict(cell); }

Prediction small_step_limit(const LossModel& model, double eta0) {
    // The continuous-time law of full-batch Langevin with B = 1 and η = η0 is the wanted one: HC + CH = η Σ¹.
    Cell cell;
    cell.dynamics = Dynamics::langevin;
    cell.eta0 = cell.learning_rate = eta0;
    const std::vector<Prediction> laws = predict(model, cell);
    return *std::find_if(laws.begin(), laws.end(), [](const Prediction& law) { return law.theory == Theory::sde; });
}

}  // namespace stationary
