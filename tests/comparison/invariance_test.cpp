#include "host/comparison/comparison.h"

#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

const Matrix limit_covariance = (Matrix(2, 2) << 2.0, 0.6, 0.6, 0.5).finished();
const Family family{0.01, 1e-3, 5};

/// Members with B = 1, 2, 4, …, whose covariances are the limit's times the given factors.
class Group {
  public:
    Group(const std::vector<double>& factors, double error) {
        limit_.covariance = limit_covariance;
        for (const double factor : factors) add(factor, error);
    }

    void add(double factor, double error) {
        estimates_.push_back(synthetic::exact_estimate(factor * limit_covariance, error));
        InvarianceMember member;
        member.cell = static_cast<std::int64_t>(members.size()) + 10;
        member.batch_size = std::int64_t{1} << members.size();
        member.learning_rate = 0.001 * static_cast<double>(member.batch_size);
        member.reach = 0.05 * static_cast<double>(member.batch_size);
        member.estimate = &estimates_.back();
        members.push_back(member);
    }

    /// Gives a member an exact law that is the limit's times this.
    void predict(std::size_t member, double factor) {
        laws_.push_back(limit_);
        laws_.back().covariance *= factor;
        members[member].exact = &laws_.back();
    }

    [[nodiscard]] Invariance judge(MemberOrder order = MemberOrder::learning_rate) const {
        return judge_invariance(members, limit_, family, 640, order);
    }

    std::vector<InvarianceMember> members;

  private:
    std::deque<Estimate> estimates_;
    std::deque<Prediction> laws_;
    Prediction limit_;
};

TEST(Invariance, CellsWithinTheToleranceAgree) {
    const Invariance result = Group({1.0, 1.001, 0.997, 1.004}, 1e-5).judge();
    EXPECT_EQ(result.verdict, Verdict::agrees);
    EXPECT_NEAR(result.relative_spread, 0.004, 1e-12);
    // tr(P⁻¹·)/2 of a shift by one error in all entries: (0.5 − 1.2 + 2)/0.64/2 of it.
    const double error = 1e-5 * 1.3 / 1.28;
    EXPECT_NEAR(result.relative_spread_standard_error, error, 1e-10);
    EXPECT_NEAR(result.relative_spread_interval[0], 0.004 - simultaneous_quantile(family, 64) * error, 1e-9);
    EXPECT_NEAR(result.relative_spread_interval[1], 0.004 + simultaneous_quantile(family, 64) * error, 1e-9);
    EXPECT_DOUBLE_EQ(result.holds_up_to_learning_rate, 0.008);
    EXPECT_EQ(result.holds_up_to_batch_size, 8);
    EXPECT_DOUBLE_EQ(result.holds_up_to_reach, 0.4);
    EXPECT_EQ(result.cells, (std::vector<std::int64_t>{10, 11, 12, 13}));
}

TEST(Invariance, StopsAtTheFirstCellThatBreaksIt) {
    Group group({1.0, 1.002, 0.95, 1.001}, 1e-5);
    std::reverse(group.members.begin(), group.members.end());
    const Invariance result = group.judge();
    EXPECT_EQ(result.verdict, Verdict::differs);
    EXPECT_NEAR(result.relative_spread, 0.05, 1e-12);
    EXPECT_LT(result.relative_spread_interval[1], -0.049);
    EXPECT_DOUBLE_EQ(result.holds_up_to_learning_rate, 0.002);
    EXPECT_EQ(result.holds_up_to_batch_size, 2);
    EXPECT_DOUBLE_EQ(result.holds_up_to_reach, 0.1);
    EXPECT_EQ(result.cells, (std::vector<std::int64_t>{10, 11, 12, 13}));
}

TEST(Invariance, AnUndecidedCellEndsTheRangeToo) {
    Group group({1.0, 1.0}, 1e-5);
    group.add(1.0, 0.01);
    group.add(1.0, 1e-5);
    const Invariance result = group.judge();
    EXPECT_EQ(result.verdict, Verdict::inconclusive);
    EXPECT_EQ(result.holds_up_to_batch_size, 2);
}

TEST(Invariance, HoldsNowhereIfTheFirstCellDiffers) {
    const Invariance result = Group({1.1, 1.0}, 1e-5).judge();
    EXPECT_EQ(result.verdict, Verdict::differs);
    EXPECT_EQ(result.holds_up_to_learning_rate, 0.0);
    EXPECT_EQ(result.holds_up_to_batch_size, 0);
    EXPECT_EQ(result.holds_up_to_reach, 0.0);
}

TEST(Invariance, CellsOfOneLearningRateHoldOrFailTogether) {
    // Two time steps at one learning rate; the second fails.
    Group group({1.0, 1.0, 1.05}, 1e-5);
    group.members[2].learning_rate = group.members[1].learning_rate;
    const Invariance result = group.judge();
    EXPECT_EQ(result.verdict, Verdict::differs);
    EXPECT_DOUBLE_EQ(result.holds_up_to_learning_rate, 0.001);
    EXPECT_EQ(result.holds_up_to_batch_size, 1);
}

TEST(Invariance, AHeavyTailedOrNonFiniteCellIsNotJudged) {
    Group heavy({1.0, 1.002, 1.5}, 1e-5);
    heavy.members[2].heavy_tailed = true;
    Group diverged({1.0, 1.002}, 1e-5);
    diverged.add(std::numeric_limits<double>::quiet_NaN(), 0.0);
    for (const Group* group : {&heavy, &diverged}) {
        const Invariance result = group->judge();
        EXPECT_EQ(result.verdict, Verdict::inconclusive);
        EXPECT_EQ(result.holds_up_to_batch_size, 2);
        EXPECT_NEAR(result.relative_spread, 0.002, 1e-12);
    }
    heavy.members.erase(heavy.members.begin(), heavy.members.begin() + 2);
    EXPECT_TRUE(std::isnan(heavy.judge().relative_spread));
    EXPECT_EQ(heavy.judge().verdict, Verdict::inconclusive);
}

TEST(Invariance, AnotherCellMayStillBreakItBesideAHeavyTail) {
    Group group({1.0, 1.05, 1.0}, 1e-5);
    group.members[2].heavy_tailed = true;
    EXPECT_EQ(group.judge().verdict, Verdict::differs);
}

TEST(Invariance, TheExactLawEndsTheRangeWhereItWasMeasured) {
    Group group({1.0, 1.002, 0.95}, 1e-5);
    for (const auto& [member, factor] : {std::pair{0u, 1.0}, {1u, 1.002}, {2u, 0.95}}) group.predict(member, factor);
    const Invariance result = group.judge();
    ASSERT_TRUE(result.predicted_range.has_value());
    EXPECT_EQ(result.predicted_range->batch_size, 2);
    EXPECT_DOUBLE_EQ(result.predicted_range->learning_rate, 0.002);
    EXPECT_EQ(result.breakdown, Verdict::agrees);
    EXPECT_NEAR(result.predicted, -0.05, 1e-12);
    ASSERT_EQ(result.deviations.size(), 3u);
    EXPECT_NEAR(result.deviations[1].value, 0.002, 1e-12);
    EXPECT_NEAR(result.deviations[1].predicted, 0.002, 1e-12);
    EXPECT_EQ(result.deviations[2].verdict, Verdict::differs);
}

TEST(Invariance, ABreakdownElsewhereContradictsTheExactLaw) {
    for (const double predicted : {1.002, 1.03}) {
        Group group({1.0, predicted > 1.01 ? 1.002 : 1.03}, 1e-5);
        group.predict(0, 1.0);
        group.predict(1, predicted);
        const Invariance result = group.judge();
        EXPECT_EQ(result.breakdown, Verdict::differs);
        EXPECT_EQ(result.predicted_range->batch_size, predicted > 1.01 ? 1 : 2);
    }
}

TEST(Invariance, ABreakdownThatIsNotResolvedIsUndecided) {
    Group group({1.0}, 1e-5);
    group.add(1.0, 0.01);
    group.predict(0, 1.0);
    group.predict(1, 1.002);
    EXPECT_EQ(group.judge().breakdown, Verdict::inconclusive);
    EXPECT_EQ(group.judge().predicted_range->batch_size, 2);
}

TEST(Invariance, WithoutEveryExactLawNothingIsPredicted) {
    Group group({1.0, 1.002}, 1e-5);
    group.predict(0, 1.0);
    const Invariance result = group.judge();
    EXPECT_FALSE(result.predicted_range.has_value());
    EXPECT_EQ(result.breakdown, Verdict::inconclusive);
    EXPECT_TRUE(std::isnan(result.predicted));
}

TEST(Invariance, AcrossMomentaTheRangeIsWalkedByReach) {
    // The third cell has the smallest reach at the largest learning rate, and the second, which breaks, the largest.
    Group group({1.0, 1.05, 1.0}, 1e-5);
    group.members[2].reach = 0.01;
    EXPECT_EQ(group.judge().holds_up_to_batch_size, 1);
    const Invariance result = group.judge(MemberOrder::reach);
    EXPECT_EQ(result.cells, (std::vector<std::int64_t>{12, 10, 11}));
    EXPECT_DOUBLE_EQ(result.holds_up_to_reach, 0.05);
    EXPECT_DOUBLE_EQ(result.holds_up_to_learning_rate, 0.004);
    EXPECT_EQ(result.holds_up_to_batch_size, 4);
}

TEST(Invariance, RefusesAMemberWithoutEstimate) {
    Group group({1.0}, 1e-5);
    group.members[0].estimate = nullptr;
    EXPECT_THROW(static_cast<void>(group.judge()), std::invalid_argument);
    EXPECT_EQ(Group({}, 1.0).judge().verdict, Verdict::inconclusive);
}

}  // namespace
}  // namespace stationary
