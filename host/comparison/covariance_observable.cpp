#include "host/comparison/covariance_observable.h"

#include "host/algebra/eigenbasis.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stationary {
namespace {

/// Makes the observables of one limit in the eigenbasis of H.
class ObservableList {
  public:
    ObservableList(const LossModel& model, const Matrix& limit)
        : model_(model), limit_(limit), directions_(make_eigenbasis(model.hessian).directions.cast<double>()) {
        in_modes_ = directions_.transpose() * limit * directions_;
        smallest_ = null_tolerance * std::max(0.0, in_modes_.diagonal().maxCoeff());
    }

    std::vector<CovarianceObservable> make() {
        if (!(smallest_ > 0.0)) return {};
        const Eigen::Index dimension = in_modes_.rows();
        for (Eigen::Index i = 0; i < dimension; ++i) add_diagonal(i);
        const double energy = model_.hessian.cwiseProduct(limit_).sum();
        list_.push_back({Observable::loss, -1, -1, model_.hessian / energy, 1.0});
        for (const Observable kind : {Observable::off_diagonal, Observable::off_diagonal_ratio})
            for (Eigen::Index i = 0; i < dimension; ++i)
                for (Eigen::Index j = i + 1; j < dimension; ++j) add_off_diagonal(kind, i, j);
        return std::move(list_);
    }

  private:
    [[nodiscard]] bool is_null(Eigen::Index i) const { return in_modes_(i, i) <= smallest_; }

    void add_diagonal(Eigen::Index i) {
        if (is_null(i)) return;
        const Matrix projector = directions_.col(i) * directions_.col(i).transpose();
        list_.push_back({Observable::diagonal, i, i, projector / in_modes_(i, i), 1.0});
    }

    void add_off_diagonal(Observable kind, Eigen::Index i, Eigen::Index j) {
        if (is_null(i) || is_null(j)) return;
        const double entry = in_modes_(i, j);
        double scale = std::sqrt(in_modes_(i, i) * in_modes_(j, j));
        if (kind == Observable::off_diagonal_ratio) {
            if (std::abs(entry) < least_correlation * scale) return;
            scale = entry;
        }
        const Matrix product = directions_.col(i) * directions_.col(j).transpose();
        list_.push_back({kind, i, j, (product + product.transpose()) / (2.0 * scale), entry / scale});
    }

    const LossModel& model_;
    const Matrix& limit_;
    Matrix directions_;  ///< eigenvectors of H, one per column [d×d]
    Matrix in_modes_;    ///< the limit in their coordinates [d×d]
    double smallest_ = 0.0;
    std::vector<CovarianceObservable> list_;
};

/// How far from the rule a deviation is shown to be.
double badness(const ObservedDeviation& deviation) {
    const double size = std::abs(deviation.measured.value);
    return deviation.kind == Observable::off_diagonal_ratio ? size - deviation.half_width : size;
}

}  // namespace

std::string to_string(Observable observable) {
    switch (observable) {
        case Observable::diagonal:
            return "diagonal";
        case Observable::loss:
            return "loss";
        case Observable::off_diagonal:
            return "off_diagonal";
        case Observable::off_diagonal_ratio:
            return "off_diagonal_ratio";
    }
    throw std::invalid_argument("unknown observable");
}

double CovarianceObservable::deviation(const Matrix& covariance) const {
    return weight.cwiseProduct(covariance).sum() - offset;
}

Deviation CovarianceObservable::deviation(const Estimate& estimate) const {
    const ScalarEstimate trace = trace_with(estimate, weight);
    return {trace.value - offset, trace.standard_error,
            weight.cwiseAbs().cwiseProduct(estimate.resolution_floor).sum()};
}

std::vector<CovarianceObservable> covariance_observables(const LossModel& model, const Matrix& limit) {
    if (!limit.allFinite()) return {};
    return ObservableList(model, limit).make();
}

std::int64_t observable_intervals(Eigen::Index dimension) { return dimension * (dimension + 1) / 2 + 1; }

const ObservedDeviation* worst_of(const std::vector<ObservedDeviation>& deviations, Observable kind) {
    const ObservedDeviation* worst = nullptr;
    for (const ObservedDeviation& deviation : deviations) {
        if (deviation.kind != kind) continue;
        if (worst == nullptr || badness(deviation) > badness(*worst)) worst = &deviation;
    }
    return worst;
}

}  // namespace stationary
