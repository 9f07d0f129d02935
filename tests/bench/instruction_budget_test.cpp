#include "bench/budgets/instruction_budget.h"

#include "bench/budgets/executed_instructions.h"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace stationary::bench {
namespace {

/// `count` rounds of a loop of `length` instructions, for the processor to execute and nobody to optimise.
template <int Length>
void execute(long count) {
#if defined(__x86_64__)
    asm volatile("1: .rept %c1\n nop\n .endr\n sub $1, %0\n jnz 1b" : "+r"(count) : "i"(Length - 2) : "cc");
#endif
}

std::int64_t counted(const std::function<void()>& work) {
    try {
        return executed_instructions(work);
    } catch (const TracingNotAllowed&) {
        return -1;
    }
}

TEST(ExecutedInstructions, are_counted_one_by_one) {
#if !defined(__x86_64__)
    GTEST_SKIP() << "the counted loop is written for x86-64";
#endif
    const std::int64_t none = counted([] {});
    if (none < 0) GTEST_SKIP() << "ptrace is not allowed here";
    EXPECT_LT(none, 2000);
    const std::int64_t brief = counted([] { execute<10>(100); });
    EXPECT_EQ(counted([] { execute<10>(1100); }) - brief, 10000);
    EXPECT_EQ(counted([] { execute<10>(100); }), brief);
    // A planted regression of one instruction in fifty shows.
    EXPECT_EQ(counted([] { execute<51>(1100); }) - counted([] { execute<51>(100); }), 51000);
}

TEST(ExecutedInstructions, work_that_fails_is_an_error) {
    if (counted([] {}) < 0) GTEST_SKIP() << "ptrace is not allowed here";
    EXPECT_THROW(executed_instructions([] { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_THROW(executed_instructions([] { __builtin_trap(); }), std::runtime_error);
}

TEST(InstructionBudget, two_per_cent_are_within_it) {
    EXPECT_EQ(compare_with_budget(10.0, 10.0), BudgetVerdict::within);
    EXPECT_EQ(compare_with_budget(10.19, 10.0), BudgetVerdict::within);
    EXPECT_EQ(compare_with_budget(10.21, 10.0), BudgetVerdict::over);
    EXPECT_EQ(compare_with_budget(9.81, 10.0), BudgetVerdict::within);
    EXPECT_EQ(compare_with_budget(9.79, 10.0), BudgetVerdict::under);
}

TEST(InstructionBudget, files_are_read_as_they_are_written) {
    const InstructionCount count{"GNU 12", "avx2", "langevin_d8", 12.345};
    std::istringstream good("compiler,level,workload,instructions\n" + budget_line(count) + "\n");
    const auto budgets = read_budgets(good);
    ASSERT_EQ(budgets.size(), 1U);
    EXPECT_EQ(budget_line(budgets[0]), "GNU 12,avx2,langevin_d8,12.345");
    for (const std::string bad : {"GNU 12,avx2,langevin_d8", "GNU 12,avx2,langevin_d8,", "GNU 12,avx2,langevin_d8,1 2",
                                  "GNU 12,avx2,langevin_d8,0", "GNU 12,avx2,langevin_d8,x"}) {
        std::istringstream in("header\n" + bad + "\n");
        EXPECT_THROW(read_budgets(in), std::runtime_error) << bad;
    }
}

/// Twice the steps are twice the instructions, whatever the level: starting up does not count.
TEST(InstructionBudget, a_workload_has_a_cost_at_every_level) {
    if (counted([] {}) < 0) GTEST_SKIP() << "ptrace is not allowed here";
    const InstructionCount generic = measured_instructions("langevin_d1", SimdLevel::generic);
    EXPECT_EQ(generic.level, "generic");
    EXPECT_GT(generic.instructions, 10.0);
    const InstructionCount best = measured_instructions("langevin_d1", best_simd_level());
    EXPECT_EQ(best.compiler, this_compiler());
    EXPECT_GT(best.instructions, 1.0);
    EXPECT_LE(best.instructions, generic.instructions);
    EXPECT_THROW(measured_instructions("langevin_d7", SimdLevel::generic), std::invalid_argument);
}

}  // namespace
}  // namespace stationary::bench
