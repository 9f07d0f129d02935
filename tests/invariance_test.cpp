#include "host/comparison.h"

#include "tests/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <stdexcept>

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

    [[nodiscard]] Invariance judge() const { return judge_invariance(members, limit_, family, 640); }

    std::vector<InvarianceMember> members;

  private:
    std::deque<Estimate> estimates_;
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

TEST(Invariance, RefusesAMemberWithoutEstimate) {
    Group group({1.0}, 1e-5);
    group.members[0].estimate = nullptr;
    EXPECT_THROW(static_cast<void>(group.judge()), std::invalid_argument);
    EXPECT_EQ(Group({}, 1.0).judge().verdict, Verdict::inconclusive);
}

}  // namespace
}  // namespace stationary
