#include "host/comparison.h"
#include "host/deviation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A member with its signed relative error against the limit.
struct JudgedMember {
    InvarianceMember member;
    Deviation deviation;
    double quantile = 0.0;
    bool judged = false;
    Verdict verdict = Verdict::inconclusive;
};

void check(const std::vector<InvarianceMember>& members, const Prediction& limit) {
    for (const InvarianceMember& member : members)
        if (member.estimate == nullptr || member.estimate->covariance.rows() != limit.covariance.rows())
            throw std::invalid_argument("judge_invariance: a member has no estimate of the limit's dimension");
}

JudgedMember judge(const InvarianceMember& member, const PseudoInverse& weights, const Family& family) {
    JudgedMember judged{member, {not_a_number, not_a_number, not_a_number}, 0.0, false, Verdict::inconclusive};
    if (member.heavy_tailed || weights.rank == 0 || !member.estimate->covariance.allFinite()) return judged;
    judged.deviation = trace_deviation(*member.estimate, weights);
    judged.quantile = simultaneous_quantile(family, member.estimate->shards);
    judged.judged = true;
    judged.verdict = decide({judged.deviation}, judged.quantile, family.tolerance);
    return judged;
}

std::vector<JudgedMember> judge_all(std::vector<InvarianceMember> members, const Prediction& limit,
                                    const Family& family) {
    std::stable_sort(members.begin(), members.end(), [](const InvarianceMember& a, const InvarianceMember& b) {
        return a.learning_rate != b.learning_rate ? a.learning_rate < b.learning_rate : a.reach < b.reach;
    });
    const PseudoInverse weights = limit.covariance.allFinite() ? pseudo_inverse(limit.covariance) : PseudoInverse{};
    std::vector<JudgedMember> judged;
    for (const InvarianceMember& member : members) judged.push_back(judge(member, weights, family));
    return judged;
}

Verdict verdict_of(const std::vector<JudgedMember>& members) {
    const auto is = [](Verdict verdict) { return [verdict](const JudgedMember& m) { return m.verdict == verdict; }; };
    if (std::any_of(members.begin(), members.end(), is(Verdict::differs))) return Verdict::differs;
    const bool all = !members.empty() && std::all_of(members.begin(), members.end(), is(Verdict::agrees));
    return all ? Verdict::agrees : Verdict::inconclusive;
}

/// Walks up in learning rate, one learning rate at a time, until a cell does not agree.
void set_range(Invariance& invariance, const std::vector<JudgedMember>& members) {
    for (auto first = members.begin(); first != members.end();) {
        const double learning_rate = first->member.learning_rate;
        const auto last = std::find_if(first, members.end(), [learning_rate](const JudgedMember& m) {
            return m.member.learning_rate != learning_rate;
        });
        if (!std::all_of(first, last, [](const JudgedMember& m) { return m.verdict == Verdict::agrees; })) return;
        invariance.holds_up_to_learning_rate = learning_rate;
        for (; first != last; ++first) {
            invariance.holds_up_to_batch_size = std::max(invariance.holds_up_to_batch_size, first->member.batch_size);
            invariance.holds_up_to_reach = std::max(invariance.holds_up_to_reach, first->member.reach);
        }
    }
}

void set_spread(Invariance& invariance, const std::vector<JudgedMember>& members) {
    const JudgedMember* widest = nullptr;
    for (const JudgedMember& member : members)
        if (member.judged &&
            (widest == nullptr || std::abs(member.deviation.value) > std::abs(widest->deviation.value)))
            widest = &member;
    const Deviation deviation =
        widest == nullptr ? Deviation{not_a_number, not_a_number, not_a_number} : widest->deviation;
    const double half_width = widest == nullptr ? not_a_number : widest->quantile * deviation.standard_error;
    invariance.relative_spread = std::abs(deviation.value);
    invariance.relative_spread_standard_error = deviation.standard_error;
    invariance.relative_spread_interval[0] = deviation.value - half_width;
    invariance.relative_spread_interval[1] = deviation.value + half_width;
}

}  // namespace

Invariance judge_invariance(std::vector<InvarianceMember> members, const Prediction& limit, const Family& family,
                            std::int64_t /*chains*/) {
    check(members, limit);
    const std::vector<JudgedMember> judged = judge_all(std::move(members), limit, family);
    Invariance invariance;
    for (const JudgedMember& member : judged) invariance.cells.push_back(member.member.cell);
    set_spread(invariance, judged);
    set_range(invariance, judged);
    invariance.verdict = verdict_of(judged);
    return invariance;
}

}  // namespace stationary
