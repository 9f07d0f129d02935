#include "host/laws/dissipation.h"

#include <limits>

#include "host/laws/sgd_response.h"

namespace stationary {
namespace {

constexpr double no_relation = std::numeric_limits<double>::quiet_NaN();

}  // namespace

DissipationRelation dissipation_relation(const Cell& cell) {
    const SgdStep step = make_sgd_step(cell);
    const double gamma = step.velocity_gain;
    if (cell.dynamics != Dynamics::sgd || cell.sampling == Sampling::reshuffle || gamma == 0.0) {
        return {0.0, no_relation};
    }
    const double mu = step.momentum;
    const double lookahead = cell.learning_rate * mu * step.direct_gain / gamma;
    const double reach = cell.learning_rate * (step.position_gain - mu * step.direct_gain) / gamma;
    return {lookahead, 0.5 * reach * (1.0 + mu) / gamma};
}

double dissipation_factor(const Cell& cell) {
    const DissipationRelation relation = dissipation_relation(cell);
    return relation.lookahead == 0.0 ? relation.factor : no_relation;
}

}  // namespace stationary
