#pragma once

#include "host/comparison/comparison.h"
#include "host/comparison/covariance_observable.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace stationary {

/// One cell beside the limit η0Σ¹: every observable's worst entry.
struct InvarianceRow {
    std::int64_t cell = 0;                    ///< index
    double effective_batch = 1.0;             ///< B_eff; langevin: its counterpart, B·Δt/η
    double reach = 0.0;                       ///< η0·h_max·B_eff
    std::vector<ObservedDeviation> observed;  ///< empty for a cell that is not judged
};

/// The worst of one observable over the cells of a group.
struct ObservableSpread {
    Observable kind = Observable::loss;
    std::int64_t cell = 0;  ///< where it is worst
    ObservedDeviation worst;
    double predicted_spread =
        0.0;  ///< the largest |deviation| of the exact laws of the same cells; NaN if one has none
    Verdict verdict = Verdict::inconclusive;  ///< of all its entries in all cells, within the tolerance
};

enum class InvarianceScope { one_momentum, all_momenta };

/// An invariance verdict with what its line in the report needs besides.
struct InvarianceResult {
    Invariance invariance;  ///< all_momenta: its momentum is that of the first cell
    double dampening = 0.0;
    double time_step = 1.0;
    std::int64_t epoch_position = 0;
    std::int64_t largest_batch_size = 1;  ///< of the cell with the largest deviation
    double deviation = 0.0;               ///< signed: centre and half-width of the invariance's interval
    double half_width = 0.0;
    InvarianceScope scope = InvarianceScope::one_momentum;
    double largest_momentum = 0.0;  ///< μ of the cell with the largest deviation
    std::vector<double> momenta;    ///< ascending
    std::vector<ObservableSpread> observables;
};

/// How far reshuffling leaves the picture of independent batches: tr(HC) as a fraction of what the law with replacement
/// gives at the same B, η, μ.
struct ReshuffleTemperature {
    double fraction = 0.0;
    double standard_error = 0.0;
    double predicted = 0.0;  ///< by the cell's last law; NaN without one
    bool exact = false;      ///< whether that law is exact
};

}  // namespace stationary
