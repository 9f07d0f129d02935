#include "host/model/cell.h"

#include "host/base/error.h"
#include "host/base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace stationary {
namespace {

/// More cells than anyone reads in a table; guards against a sweep that would fill the memory.
constexpr std::size_t most_cells = 100000;

bool uses_replacement_only(Dynamics dynamics) { return dynamics == Dynamics::langevin; }

/// Refuses what a sampling scheme cannot draw.
void check_sampling(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    if (cell.sampling == Sampling::with_replacement) return;
    if (model.training_points() == 0) {
        throw InputError(
            fmt::format("{}: \"{}\" needs a finite set of training points: kind = \"least_squares\", or "
                        "gradient_residuals",
                        locate(experiment, "sweep.sampling"), to_string(cell.sampling)));
    }
    if (cell.batch_size > model.training_points()) {
        throw InputError(fmt::format("{}: {} is more than the {} training points, which sampling = \"{}\" cannot draw",
                                     locate(experiment, "sweep.batch_size"), cell.batch_size, model.training_points(),
                                     to_string(cell.sampling)));
    }
    const std::int64_t steps = steps_per_epoch(model, cell);
    if (cell.epoch_position < steps) return;
    throw InputError(fmt::format("{}: {}: an epoch has {} steps, expected 0 to {}",
                                 locate(experiment, "sweep.epoch_position"), describe(cell), steps, steps - 1));
}

void hash_vector(Hash& hash, const Vector& vector) {
    hash.integer(static_cast<std::uint64_t>(vector.size()));
    for (const double value : vector) hash.real(value);
}

void hash_matrix(Hash& hash, const Matrix& matrix) {
    hash.integer(static_cast<std::uint64_t>(matrix.rows())).integer(static_cast<std::uint64_t>(matrix.cols()));
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
        for (Eigen::Index j = 0; j < matrix.cols(); ++j) hash.real(matrix(i, j));
    }
}

/// The numbers of the models that came after the first two; those hash as they always did.
void hash_later_models(Hash& hash, const LossModel& model) {
    if (model.kind == ModelKind::gaussian_regression) hash.real(model.label_noise_variance);
    if (model.gradient_residuals.size() == 0) return;
    hash.text("gradient_residuals");
    hash_matrix(hash, model.gradient_residuals);
}

std::uint64_t key_of(Hash hash, const Cell& cell) {
    hash.text(to_string(cell.dynamics)).text(to_string(cell.update)).text(to_string(cell.sampling));
    hash.real(cell.eta0).real(cell.learning_rate).integer(static_cast<std::uint64_t>(cell.batch_size));
    hash.real(cell.momentum).real(cell.dampening).real(cell.time_step);
    return hash.integer(static_cast<std::uint64_t>(cell.epoch_position)).value();
}

auto parameters(const Cell& cell) {
    return std::tuple(cell.dynamics, cell.update, cell.sampling, cell.eta0, cell.learning_rate, cell.batch_size,
                      cell.momentum, cell.dampening, cell.time_step, cell.epoch_position);
}

/// learning_rate / eta0: (1 − μ)·B, for ema and langevin B.
double rate_ratio(const Cell& cell) {
    const auto batch_size = static_cast<double>(cell.batch_size);
    return cell.update == UpdateRule::ema ? batch_size : (1.0 - cell.momentum) * batch_size;
}

/// The axes of one dynamics, update rule and sampling scheme; an axis that it does not use has one value.
struct Axes {
    std::vector<double> rates;  ///< eta0 or learning_rate
    std::vector<double> momentum{0.0};
    std::vector<double> dampening{0.0};
    std::vector<double> time_step{1.0};
    std::vector<std::int64_t> epoch_position{0};
};

Axes axes_of(const SweepSpec& sweep, const Cell& cell) {
    Axes axes;
    axes.rates = sweep.eta0.empty() ? sweep.learning_rate : sweep.eta0;
    if (cell.dynamics == Dynamics::langevin) {
        axes.time_step = sweep.time_step;
        return axes;
    }
    axes.momentum = sweep.momentum;
    if (cell.update != UpdateRule::ema && !sweep.dampening.empty()) axes.dampening = sweep.dampening;
    if (cell.sampling == Sampling::reshuffle) axes.epoch_position = sweep.epoch_position;
    return axes;
}

class CellMaker {
  public:
    CellMaker(const Experiment& experiment, const LossModel& model)
        : experiment_(experiment), model_(model), hash_(noise_hash(experiment, model)) {}

    std::vector<Cell> make() {
        for (const auto dynamics : experiment_.sweep.dynamics) {
            if (uses_replacement_only(dynamics)) {
                add_all(Cell{.dynamics = dynamics});
                continue;
            }
            for (const auto update : experiment_.sweep.update) {
                for (const auto sampling : experiment_.sweep.sampling) {
                    add_all(Cell{.dynamics = dynamics, .update = update, .sampling = sampling});
                }
            }
        }
        return std::move(cells_);
    }

  private:
    void add_all(Cell cell) {
        const Axes axes = axes_of(experiment_.sweep, cell);
        for (const double rate : axes.rates) {
            for (const double momentum : axes.momentum) {
                cell.momentum = momentum;
                add_momentum(cell, rate, axes);
            }
        }
    }

    void add_momentum(Cell cell, double rate, const Axes& axes) {
        for (const double dampening : axes.dampening) {
            cell.dampening = cell.update == UpdateRule::ema ? cell.momentum : dampening;
            for (const double time_step : axes.time_step) {
                cell.time_step = time_step;
                for (const auto epoch_position : axes.epoch_position) {
                    cell.epoch_position = epoch_position;
                    for (const auto batch_size : experiment_.sweep.batch_size) {
                        cell.batch_size = batch_size;
                        add(cell, rate);
                    }
                }
            }
        }
    }

    void add(Cell cell, double rate) {
        const bool scaling_rule = !experiment_.sweep.eta0.empty();
        cell.eta0 = scaling_rule ? rate : rate / rate_ratio(cell);
        cell.learning_rate = scaling_rule ? rate_ratio(cell) * rate : rate;
        check_sampling(experiment_, model_, cell);
        if (!seen_.insert(parameters(cell)).second) return;
        if (cells_.size() == most_cells) {
            throw InputError(fmt::format("{}: sweep: more than {} cells", experiment_.file, most_cells));
        }
        cell.index = static_cast<std::int64_t>(cells_.size());
        cell.key = key_of(hash_, cell);
        cells_.push_back(cell);
    }

    const Experiment& experiment_;
    const LossModel& model_;
    Hash hash_;
    std::vector<Cell> cells_;
    std::set<decltype(parameters(Cell{}))> seen_;
};

}  // namespace

Hash noise_hash(const Experiment& experiment, const LossModel& model) {
    Hash hash;
    hash.text("stationary cell 1").integer(experiment.ensemble.seed).text(to_string(model.kind));
    hash_matrix(hash, model.hessian);
    hash_matrix(hash, model.gradient_noise_covariance);
    hash_vector(hash, model.minimizer);
    hash.real(model.ridge).integer(model.data_hash);
    const bool standardize = model.kind == ModelKind::least_squares && experiment.model.standardize;
    hash.integer(standardize ? 1 : 0);
    hash.text(to_string(experiment.run.precision)).text(to_string(experiment.run.normals));
    hash_vector(hash, experiment.ensemble.initial.value_or(Vector()));
    hash_later_models(hash, model);
    return hash;
}

std::int64_t steps_per_epoch(const LossModel& model, const Cell& cell) {
    return std::max<std::int64_t>(model.training_points() / cell.batch_size, 1);
}

std::vector<Cell> make_cells(const Experiment& experiment, const LossModel& model) {
    return CellMaker(experiment, model).make();
}

std::string describe(const Cell& cell) {
    std::string text = to_string(cell.dynamics);
    // Without momentum every update rule is plain SGD.
    if (cell.momentum != 0.0 && cell.update != UpdateRule::heavy_ball) text += " " + to_string(cell.update);
    if (cell.sampling != Sampling::with_replacement) text += " " + to_string(cell.sampling);
    text += fmt::format(" B={} eta0={:.6g}", cell.batch_size, cell.eta0);
    if (cell.momentum != 0.0) text += fmt::format(" mu={}", cell.momentum);
    if (cell.dampening != 0.0 && cell.update != UpdateRule::ema) text += fmt::format(" dampening={}", cell.dampening);
    if (cell.time_step != 1.0) text += fmt::format(" time_step={}", cell.time_step);
    if (cell.epoch_position != 0) text += fmt::format(" position={}", cell.epoch_position);
    return text;
}

}  // namespace stationary
