#include "host/laws/cell_stability.h"

#include "host/base/error.h"
#include "host/base/parallel_for.h"
#include "host/base/text.h"
#include "host/laws/model_laws.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <tuple>

namespace stationary {
namespace {

/// What a cell's stability limits depend on: everything but the learning rate and η0.
using LimitParameters = std::tuple<Dynamics, UpdateRule, Sampling, std::int64_t, double, double, double, std::int64_t>;
LimitParameters limit_parameters(const Cell& cell) {
    return {cell.dynamics, cell.update,    cell.sampling,  cell.batch_size,
            cell.momentum, cell.dampening, cell.time_step, cell.epoch_position};
}

}  // namespace

std::vector<Stability> find_stability(const LossModel& model, const std::vector<Cell>& cells) {
    std::map<LimitParameters, std::size_t> alike;  // to the first cell of each kind
    for (std::size_t i = 0; i < cells.size(); ++i) alike.emplace(limit_parameters(cells[i]), i);
    std::vector<std::size_t> firsts;
    for (const auto& [parameters, first] : alike) firsts.push_back(first);
    const ModelLaws laws(model);
    std::vector<Stability> stability(cells.size());
    parallel_for(firsts.size(), [&](std::size_t k) { stability[firsts[k]] = laws.stability(cells[firsts[k]]); });
    for (std::size_t i = 0; i < cells.size(); ++i) {
        stability[i] = stability[alike.at(limit_parameters(cells[i]))];
        stability[i].stable = cells[i].learning_rate < stability[i].learning_rate_limit;
    }
    return stability;
}

void refuse_unstable(const Experiment& experiment, const std::vector<Cell>& cells,
                     const std::vector<Stability>& stability) {
    if (experiment.run.allow_unstable) return;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (stability[i].stable) continue;
        throw InputError(
            fmt::format("{}: {}: learning rate {} is not below the mean-square stability limit {}; run.allow_unstable "
                        "= true runs it anyway",
                        experiment.file, describe(cells[i]), short_number(cells[i].learning_rate),
                        short_number(stability[i].learning_rate_limit)));
    }
}

}  // namespace stationary
