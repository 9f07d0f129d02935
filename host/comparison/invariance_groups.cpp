#include "host/comparison/invariance_groups.h"

#include "host/comparison/mode_observables.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace stationary {
namespace {

/// Cells whose η0 agree to this share it: free learning rates reach the same η0 by different roundings.
constexpr double eta0_tolerance = 1e-12;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool share_eta0(const Cell& a, const Cell& b) {
    return a.dynamics == b.dynamics && a.update == b.update && a.sampling == b.sampling && a.time_step == b.time_step &&
           a.epoch_position == b.epoch_position && std::abs(a.eta0 - b.eta0) <= eta0_tolerance * std::abs(a.eta0);
}

bool belong_together(const Cell& a, const Cell& b, InvarianceScope scope) {
    if (!share_eta0(a, b)) return false;
    if (scope == InvarianceScope::one_momentum) return a.momentum == b.momentum && a.dampening == b.dampening;
    return a.update == UpdateRule::ema || a.dampening == b.dampening;
}

std::vector<double> momenta_of(const std::vector<Cell>& cells, const CellGroup& group) {
    std::set<double> momenta;
    for (const std::size_t i : group) momenta.insert(cells[i].momentum);
    return {momenta.begin(), momenta.end()};
}

std::vector<Cell> cells_of(const std::vector<CellResult>& results) {
    std::vector<Cell> cells;
    for (const CellResult& result : results) cells.push_back(result.cell);
    return cells;
}

bool is_judged(const CellResult& result, const Estimate& estimate) {
    return !result.heavy_tailed && !result.unreliable && estimate.covariance.allFinite();
}

/// The law that is exact for a cell, if there is one.
const Prediction* exact_law(const std::vector<Prediction>& laws) {
    const auto found = std::find_if(laws.rbegin(), laws.rend(), [](const Prediction& law) { return law.exact; });
    return found == laws.rend() ? nullptr : &*found;
}

/// Gathers one observable over the cells of a group.
class ObservableCollector {
  public:
    ObservableCollector(Observable kind, double tolerance) : kind_(kind), tolerance_(tolerance) {}

    void add(const InvarianceRow& row) {
        all_inside_ = all_inside_ && !row.observed.empty();
        for (const ObservedDeviation& observed : row.observed)
            if (observed.kind == kind_) add(observed);
        if (const ObservedDeviation* worst = worst_of(row.observed, kind_)) {
            worst_.push_back(*worst);
            cells_.push_back(row.cell);
        }
    }

    [[nodiscard]] bool found() const { return !worst_.empty(); }

    [[nodiscard]] ObservableSpread spread() const {
        const ObservedDeviation* worst = worst_of(worst_, kind_);
        const Verdict verdict = any_outside_ ? Verdict::differs : all_inside_ ? Verdict::agrees : Verdict::inconclusive;
        return {kind_, cells_[static_cast<std::size_t>(worst - worst_.data())], *worst, predicted_, verdict};
    }

  private:
    void add(const ObservedDeviation& observed) {
        const double size = std::abs(observed.measured.value);
        any_outside_ = any_outside_ || size - observed.half_width > tolerance_;
        all_inside_ = all_inside_ && size + observed.half_width <= tolerance_;
        // One unknown prediction leaves the spread unknown: std::max keeps a NaN that stands first.
        predicted_ = std::isnan(observed.predicted) ? not_a_number : std::max(predicted_, std::abs(observed.predicted));
    }

    Observable kind_;
    double tolerance_;
    std::vector<ObservedDeviation> worst_;  ///< of each cell
    std::vector<std::int64_t> cells_;
    bool any_outside_ = false;
    bool all_inside_ = true;
    double predicted_ = 0.0;
};

/// Judges the groups of one run against the small-η limits.
class GroupJudge {
  public:
    GroupJudge(const RunRecord& record, const Family& family, RunResults& results)
        : record_(record), family_(family), results_(results), cells_(cells_of(results.cells)) {}

    void judge() {
        judge(InvarianceScope::one_momentum, results_.invariance);
        judge(InvarianceScope::all_momenta, results_.invariance_over_momenta);
        for (auto& [cell, row] : rows_) results_.invariance_rows.push_back(std::move(row));
    }

  private:
    void judge(InvarianceScope scope, std::vector<InvarianceResult>& judged) {
        for (CellGroup group : invariance_groups(cells_, scope)) {
            std::erase_if(group, [this](std::size_t i) { return !record_.runs[i].estimate; });
            if (group.size() < 2) continue;
            judged.push_back(judge_group(group, scope));
        }
    }

    /// The limit and its observables, made once for each η0.
    struct Limit {
        Prediction law;
        std::vector<CovarianceObservable> observables;  ///< of a model of few parameters
    };
    const Limit& limit_at(double eta0) {
        const auto found = limits_.find(eta0);
        if (found != limits_.end()) return found->second;
        Limit limit{small_step_limit(record_.model, eta0), {}};
        if (record_.model.dimension() <= most_weighted_observables)
            limit.observables = covariance_observables(record_.model, limit.law.covariance);
        return limits_.emplace(eta0, std::move(limit)).first->second;
    }

    const InvarianceRow& row_of(std::size_t i, const Limit& limit) {
        const auto found = rows_.find(i);
        if (found != rows_.end()) return found->second;
        const Cell& cell = cells_[i];
        InvarianceRow row{cell.index, effective_batch(cell), reach_of(cell), {}};
        const Estimate& estimate = *record_.runs[i].estimate;
        if (is_judged(results_.cells[i], estimate)) row.observed = observe(i, estimate, limit);
        return rows_.emplace(i, std::move(row)).first->second;
    }

    std::vector<ObservedDeviation> observe(std::size_t i, const Estimate& estimate, const Limit& limit) const {
        const Prediction* exact = exact_law(record_.predictions[i]);
        const double quantile = simultaneous_quantile(family_, estimate.shards);
        if (record_.model.dimension() > most_weighted_observables) {
            const ModeObservables observables(record_.model, limit.law.covariance);
            return observables.observe(estimate, exact == nullptr ? nullptr : &exact->covariance, quantile);
        }
        std::vector<ObservedDeviation> observed;
        for (const CovarianceObservable& observable : limit.observables) {
            const Deviation measured = observable.deviation(estimate);
            observed.push_back({observable.kind, observable.i, observable.j, measured,
                                quantile * measured.standard_error,
                                exact == nullptr ? not_a_number : observable.deviation(exact->covariance)});
        }
        return observed;
    }

    [[nodiscard]] double reach_of(const Cell& cell) const {
        return cell.eta0 * results_.model.largest_curvature * effective_batch(cell);
    }

    [[nodiscard]] InvarianceMember member(std::size_t i) const {
        const Cell& cell = cells_[i];
        const CellResult& result = results_.cells[i];
        return {cell.index,
                cell.learning_rate,
                cell.batch_size,
                reach_of(cell),
                &*record_.runs[i].estimate,
                result.heavy_tailed || result.unreliable,
                exact_law(record_.predictions[i])};
    }

    InvarianceResult judge_group(const CellGroup& group, InvarianceScope scope) {
        const Cell& first = cells_[group.front()];
        const Limit& limit = limit_at(first.eta0);
        std::vector<InvarianceMember> members;
        for (const std::size_t i : group) members.push_back(member(i));
        const auto order = scope == InvarianceScope::all_momenta ? MemberOrder::reach : MemberOrder::learning_rate;
        InvarianceResult result;
        result.invariance = judge_invariance(std::move(members), limit.law, family_, 0, order);
        describe_group(result, first);
        result.scope = scope;
        result.momenta = momenta_of(cells_, group);
        set_largest(result);
        set_observables(result, group, limit);
        return result;
    }

    static void describe_group(InvarianceResult& result, const Cell& first) {
        result.invariance.dynamics = first.dynamics;
        result.invariance.update = first.update;
        result.invariance.sampling = first.sampling;
        result.invariance.eta0 = first.eta0;
        result.invariance.momentum = first.momentum;
        result.dampening = first.dampening;
        result.time_step = first.time_step;
        result.epoch_position = first.epoch_position;
    }

    /// Of the cell that is farthest from the limit.
    void set_largest(InvarianceResult& result) const {
        const Invariance& invariance = result.invariance;
        result.deviation = (invariance.relative_spread_interval[0] + invariance.relative_spread_interval[1]) / 2.0;
        result.half_width = (invariance.relative_spread_interval[1] - invariance.relative_spread_interval[0]) / 2.0;
        std::size_t farthest = 0;
        for (std::size_t m = 1; m < invariance.deviations.size(); ++m) {
            const double largest = std::abs(invariance.deviations[farthest].value);
            if (std::isnan(largest) || std::abs(invariance.deviations[m].value) > largest) farthest = m;
        }
        const auto is_farthest = [&](const Cell& cell) { return cell.index == invariance.cells[farthest]; };
        const Cell& cell = *std::find_if(cells_.begin(), cells_.end(), is_farthest);
        result.largest_batch_size = cell.batch_size;
        result.largest_momentum = cell.momentum;
    }

    void set_observables(InvarianceResult& result, const CellGroup& group, const Limit& limit) {
        for (const Observable kind :
             {Observable::diagonal, Observable::loss, Observable::off_diagonal, Observable::off_diagonal_ratio}) {
            ObservableCollector collector(kind, family_.tolerance);
            for (const std::size_t i : group) collector.add(row_of(i, limit));
            if (collector.found()) result.observables.push_back(collector.spread());
        }
    }

    const RunRecord& record_;
    const Family& family_;
    RunResults& results_;
    std::vector<Cell> cells_;
    std::map<double, Limit> limits_;
    std::map<std::size_t, InvarianceRow> rows_;
};

}  // namespace

std::vector<CellGroup> invariance_groups(const std::vector<Cell>& cells, InvarianceScope scope) {
    std::vector<CellGroup> groups;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const CellGroup& members) {
            return belong_together(cells[members.front()], cells[i], scope);
        });
        if (group == groups.end()) {
            groups.push_back({i});
        } else {
            group->push_back(i);
        }
    }
    std::erase_if(groups, [&](const CellGroup& members) {
        return members.size() < 2 || (scope == InvarianceScope::all_momenta && momenta_of(cells, members).size() < 2);
    });
    return groups;
}

std::int64_t invariance_intervals(const std::vector<Cell>& cells, Eigen::Index dimension) {
    std::set<std::size_t> members;
    for (const InvarianceScope scope : {InvarianceScope::one_momentum, InvarianceScope::all_momenta})
        for (const CellGroup& group : invariance_groups(cells, scope)) members.insert(group.begin(), group.end());
    return static_cast<std::int64_t>(members.size()) * (1 + observable_intervals(dimension));
}

double effective_batch(const Cell& cell) {
    return static_cast<double>(cell.batch_size) * (1.0 - cell.momentum) / (1.0 + cell.momentum) * cell.time_step;
}

void judge_groups(const RunRecord& record, const Family& family, RunResults& results) {
    GroupJudge(record, family, results).judge();
}

}  // namespace stationary
