#include "host/comparison/comparison.h"
#include "host/comparison/deviation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Reaches that agree to this are one: equal products by different roundings.
constexpr double place_tolerance = 1e-12;

/// A member with its signed relative error against the limit.
struct JudgedMember {
    InvarianceMember member;
    double place = 0.0;  ///< where it stands in the walk
    MemberDeviation deviation;
    bool judged = false;
};

void check(const std::vector<InvarianceMember>& members, const Prediction& limit) {
    for (const InvarianceMember& member : members)
        if (member.estimate == nullptr || member.estimate->covariance.rows() != limit.covariance.rows())
            throw std::invalid_argument("judge_invariance: a member has no estimate of the limit's dimension");
}

double predicted_deviation(const InvarianceMember& member, const PseudoInverse& weights) {
    if (member.exact == nullptr || weights.rank == 0) return not_a_number;
    return weights.matrix.cwiseProduct(member.exact->covariance).sum() / static_cast<double>(weights.rank) - 1.0;
}

JudgedMember judge(const InvarianceMember& member, const PseudoInverse& weights, const Family& family,
                   MemberOrder order) {
    JudgedMember judged{member, order == MemberOrder::reach ? member.reach : member.learning_rate, {}, false};
    judged.deviation.value = judged.deviation.standard_error = judged.deviation.half_width = not_a_number;
    judged.deviation.predicted = predicted_deviation(member, weights);
    if (member.heavy_tailed || weights.rank == 0 || !member.estimate->covariance.allFinite()) return judged;
    const Deviation trace = trace_deviation(*member.estimate, weights);
    const double quantile = simultaneous_quantile(family, member.estimate->shards);
    judged.deviation.value = trace.value;
    judged.deviation.standard_error = trace.standard_error;
    judged.deviation.half_width = quantile * trace.standard_error;
    judged.deviation.verdict = decide({trace}, quantile, family.tolerance);
    judged.judged = true;
    return judged;
}

std::vector<JudgedMember> judge_all(const std::vector<InvarianceMember>& members, const Prediction& limit,
                                    const Family& family, MemberOrder order) {
    const PseudoInverse weights = limit.covariance.allFinite() ? pseudo_inverse(limit.covariance) : PseudoInverse{};
    std::vector<JudgedMember> judged;
    for (const InvarianceMember& member : members) judged.push_back(judge(member, weights, family, order));
    std::stable_sort(judged.begin(), judged.end(), [](const JudgedMember& a, const JudgedMember& b) {
        return a.place != b.place ? a.place < b.place : a.member.reach < b.member.reach;
    });
    return judged;
}

Verdict verdict_of(const std::vector<JudgedMember>& members) {
    const auto is = [](Verdict verdict) {
        return [verdict](const JudgedMember& m) { return m.deviation.verdict == verdict; };
    };
    if (std::any_of(members.begin(), members.end(), is(Verdict::differs))) return Verdict::differs;
    const bool all = !members.empty() && std::all_of(members.begin(), members.end(), is(Verdict::agrees));
    return all ? Verdict::agrees : Verdict::inconclusive;
}

/// Walks up, one place at a time, until a cell does not keep to the limit.
template <typename Keeps>
InvarianceRange range_of(const std::vector<JudgedMember>& members, const Keeps& keeps) {
    InvarianceRange range;
    for (auto first = members.begin(); first != members.end();) {
        const double end_of_place = first->place * (1.0 + place_tolerance);
        const auto last = std::find_if(first, members.end(),
                                       [end_of_place](const JudgedMember& m) { return m.place > end_of_place; });
        if (!std::all_of(first, last, keeps)) return range;
        for (; first != last; ++first) {
            range.learning_rate = std::max(range.learning_rate, first->member.learning_rate);
            range.batch_size = std::max(range.batch_size, first->member.batch_size);
            range.reach = std::max(range.reach, first->member.reach);
        }
    }
    return range;
}

bool same_range(const InvarianceRange& a, const InvarianceRange& b) {
    return a.learning_rate == b.learning_rate && a.batch_size == b.batch_size && a.reach == b.reach;
}

/// Whether a member is shown to lie on the other side of the tolerance than its exact law.
bool contradicts(const MemberDeviation& deviation, double tolerance) {
    if (std::isnan(deviation.predicted)) return false;
    const bool kept = std::abs(deviation.predicted) <= tolerance;
    return deviation.verdict == (kept ? Verdict::differs : Verdict::agrees);
}

void set_ranges(Invariance& invariance, const std::vector<JudgedMember>& members, double tolerance) {
    const InvarianceRange range =
        range_of(members, [](const JudgedMember& m) { return m.deviation.verdict == Verdict::agrees; });
    invariance.holds_up_to_learning_rate = range.learning_rate;
    invariance.holds_up_to_batch_size = range.batch_size;
    invariance.holds_up_to_reach = range.reach;
    if (std::any_of(members.begin(), members.end(),
                    [](const JudgedMember& m) { return std::isnan(m.deviation.predicted); }))
        return;
    invariance.predicted_range =
        range_of(members, [tolerance](const JudgedMember& m) { return std::abs(m.deviation.predicted) <= tolerance; });
    if (same_range(range, *invariance.predicted_range)) invariance.breakdown = Verdict::agrees;
    if (std::any_of(members.begin(), members.end(),
                    [tolerance](const JudgedMember& m) { return contradicts(m.deviation, tolerance); }))
        invariance.breakdown = Verdict::differs;
}

void set_spread(Invariance& invariance, const std::vector<JudgedMember>& members) {
    MemberDeviation widest{not_a_number, not_a_number, not_a_number, not_a_number, Verdict::inconclusive};
    for (const JudgedMember& member : members)
        if (member.judged && !(std::abs(member.deviation.value) <= std::abs(widest.value))) widest = member.deviation;
    invariance.relative_spread = std::abs(widest.value);
    invariance.relative_spread_standard_error = widest.standard_error;
    invariance.relative_spread_interval[0] = widest.value - widest.half_width;
    invariance.relative_spread_interval[1] = widest.value + widest.half_width;
    invariance.predicted = widest.predicted;
}

}  // namespace

Invariance judge_invariance(std::vector<InvarianceMember> members, const Prediction& limit, const Family& family,
                            std::int64_t /*chains*/, MemberOrder order) {
    check(members, limit);
    const std::vector<JudgedMember> judged = judge_all(members, limit, family, order);
    Invariance invariance;
    for (const JudgedMember& member : judged) {
        invariance.cells.push_back(member.member.cell);
        invariance.deviations.push_back(member.deviation);
    }
    set_spread(invariance, judged);
    set_ranges(invariance, judged, family.tolerance);
    invariance.verdict = verdict_of(judged);
    return invariance;
}

}  // namespace stationary
