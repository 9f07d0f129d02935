// Compares the instructions that the CPU's step code executes with the recorded budgets, at every SIMD level that this
// processor runs: a guard against regressions that no noise can hide. Times nothing.
// usage: check_instruction_budgets BUDGETS.csv     exit 1: a workload is over its budget, or has none; 77: no budgets
// are
//                                                  recorded for this compiler, or ptrace is not allowed
//        check_instruction_budgets --record        prints budgets for this compiler and processor

#include "bench/budgets/executed_instructions.h"
#include "bench/budgets/instruction_budget.h"

#include <fstream>
#include <iostream>
#include <stdexcept>

namespace {

using namespace stationary;
using namespace stationary::bench;

constexpr int skipped = 77;

template <class Use>
void for_each_count(Use&& use) {
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::avx2, SimdLevel::avx512}) {
        if (!simd_level_available(level)) continue;
        for (const std::string& workload : budgeted_workloads(level)) use(measured_instructions(workload, level));
    }
}

const InstructionCount* budget_of(const std::vector<InstructionCount>& budgets, const InstructionCount& count) {
    for (const InstructionCount& budget : budgets) {
        if (budget.compiler == count.compiler && budget.level == count.level && budget.workload == count.workload)
            return &budget;
    }
    return nullptr;
}

/// Whether a count is good; says so, and what to do where it is not.
bool report(const InstructionCount& count, const InstructionCount* budget) {
    std::cout << budget_line(count);
    if (budget == nullptr) {
        std::cout << "  has no budget: record one\n";
        return false;
    }
    std::cout << "  budget " << budget->instructions;
    const BudgetVerdict verdict = compare_with_budget(count.instructions, budget->instructions);
    if (verdict == BudgetVerdict::over) std::cout << "  OVER by more than 2 %";
    if (verdict == BudgetVerdict::under) std::cout << "  under by more than 2 %: record the gain";
    std::cout << '\n';
    return verdict != BudgetVerdict::over;
}

int check(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::vector<InstructionCount> budgets = read_budgets(file);
    bool known_compiler = false;
    for (const InstructionCount& budget : budgets) known_compiler |= budget.compiler == this_compiler();
    if (!known_compiler) {
        std::cout << "skipped: no budgets for " << this_compiler() << '\n';
        return skipped;
    }
    bool good = true;
    for_each_count([&](const InstructionCount& count) { good &= report(count, budget_of(budgets, count)); });
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: check_instruction_budgets BUDGETS.csv | --record\n";
        return 2;
    }
    try {
        if (std::string(arguments[1]) != "--record") return check(arguments[1]);
        std::cout << "compiler,level,workload,instructions\n";
        for_each_count([](const InstructionCount& measured) { std::cout << budget_line(measured) << std::endl; });
        return 0;
    } catch (const TracingNotAllowed& error) {
        std::cout << "skipped: " << error.what() << '\n';
        return skipped;
    } catch (const std::exception& error) {
        std::cerr << "check_instruction_budgets: " << error.what() << '\n';
        return 1;
    }
}
