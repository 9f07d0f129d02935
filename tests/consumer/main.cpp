#include "host/laws/prediction.h"

#include <cmath>
#include <cstdio>

/// The discrete law of one-dimensional SGD, ηΣ¹ / (B·h·(2 − ηh)), from the installed library and by hand.
int main() {
    const double hessian = 2.0;
    const double noise = 3.0;
    stationary::LossModel model;
    model.kind = stationary::ModelKind::quadratic;
    model.minimizer = stationary::Vector::Zero(1);
    model.hessian = stationary::Matrix::Constant(1, 1, hessian);
    model.gradient_noise_covariance = stationary::Matrix::Constant(1, 1, noise);

    stationary::Cell cell;
    cell.batch_size = 4;
    cell.eta0 = 0.025;
    cell.learning_rate = 0.1;

    const auto predictions = stationary::predict(model, cell);
    if (predictions.empty() || !predictions.back().exact) {
        std::puts("no exact prediction");
        return 1;
    }
    const double expected = cell.learning_rate * noise / (4.0 * hessian * (2.0 - cell.learning_rate * hessian));
    const double covariance = predictions.back().covariance(0, 0);
    std::printf("covariance %.17g, expected %.17g\n", covariance, expected);
    return std::abs(covariance - expected) <= 1e-12 * expected ? 0 : 1;
}
