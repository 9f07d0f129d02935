#include "bench/budgets/instruction_budget.h"

#include "bench/budgets/executed_instructions.h"
#include "bench/programs.h"

#include <functional>
#include <iomanip>
#include <map>
#include <sstream>
#include <stdexcept>

namespace stationary::bench {
namespace {

/// Chains: one pack, since single steps take tens of microseconds.
std::int64_t chains_of_pack(SimdLevel level) {
    return level == SimdLevel::avx512 ? 16 : level == SimdLevel::avx2 ? 8 : 4;
}

using Workload = std::function<CellProgram()>;

const std::map<std::string, Workload>& workloads() {
    static const std::map<std::string, Workload> all{
        {"langevin_d1", [] { return langevin_program(1); }},
        {"langevin_d2", [] { return langevin_program(2); }},
        {"langevin_d8", [] { return langevin_program(8); }},
        {"langevin_d32", [] { return langevin_program(32); }},
        {"langevin_d8_every_step_drawn", [] { return langevin_program(8); }},
        {"quadratic_d8_B4", [] { return quadratic_sgd_program(8, 4); }},
        {"quadratic_d8_B4_momentum", [] { return quadratic_sgd_program(8, 4, 0.9); }},
        {"least_squares_d10_B1", [] { return least_squares_program(10, 442, 1); }},
        {"least_squares_d10_B1_momentum", [] { return least_squares_program(10, 442, 1, 0.9); }},
        {"least_squares_d10_B8", [] { return least_squares_program(10, 442, 8); }},
        {"least_squares_d10_B8_without_replacement",
         [] { return least_squares_program(10, 442, 8, 0.0, BatchSampling::without_replacement); }},
        {"least_squares_d10_B8_reshuffle",
         [] { return least_squares_program(10, 442, 8, 0.0, BatchSampling::reshuffle); }},
    };
    return all;
}

bool draws_every_step(const std::string& workload) { return workload.find("every_step_drawn") != std::string::npos; }

CellProgram fixed_program(const std::string& workload, SimdLevel level, std::int64_t steps) {
    const auto found = workloads().find(workload);
    if (found == workloads().end()) throw std::invalid_argument("no workload '" + workload + "'");
    CellProgram program = found->second();
    program.shard_chains = chains_of_pack(level);
    program.stride = 1;
    program.draws = draws_every_step(workload) ? steps : 1;
    program.burn_in = steps - (program.draws - 1);
    return program;
}

std::int64_t units_of_step(const CellProgram& program) {
    return program.stepper == Stepper::sgd ? program.batch_size : program.dimension;
}

double units(const CellProgram& program) {
    return static_cast<double>(units_of_step(program) * program.shard_chains * program.steps());
}

/// Steps that take whole chunks of eight random words from the stream.
std::int64_t whole_steps(const std::string& workload) {
    const std::int64_t per_step = units_of_step(fixed_program(workload, SimdLevel::generic, 1));
    return per_step < 8 ? 8 / per_step : 1;
}

std::int64_t instructions_of(const CellProgram& program, SimdLevel level) {
    return executed_instructions([&] {
        make_cpu_backend(1, level)->run(program, {0, 1}, [](ShardMoments&&) { return true; });
    });
}

}  // namespace

std::string this_compiler() {
#if defined(__clang__)
    return "Clang " + std::to_string(__clang_major__);
#else
    return "GNU " + std::to_string(__GNUC__);
#endif
}

std::vector<std::string> budgeted_workloads(SimdLevel level) {
    // Without an fma instruction a normal takes hundreds of instructions: the cheapest stands for all.
    if (level == SimdLevel::generic) return {"langevin_d1"};
    std::vector<std::string> names;
    for (const auto& [name, program] : workloads()) names.push_back(name);
    return names;
}

InstructionCount measured_instructions(const std::string& workload, SimdLevel level) {
    const std::int64_t steps = whole_steps(workload);
    const CellProgram brief = fixed_program(workload, level, steps);
    const CellProgram lengthy = fixed_program(workload, level, 2 * steps);
    const auto more = static_cast<double>(instructions_of(lengthy, level) - instructions_of(brief, level));
    return {this_compiler(), to_string(level), workload, more / (units(lengthy) - units(brief))};
}

std::vector<InstructionCount> read_budgets(std::istream& in) {
    std::vector<InstructionCount> budgets;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        InstructionCount budget;
        std::istringstream fields(line);
        std::getline(fields, budget.compiler, ',');
        std::getline(fields, budget.level, ',');
        std::getline(fields, budget.workload, ',');
        if (!(fields >> budget.instructions) || !(fields >> std::ws).eof() || !(budget.instructions > 0.0))
            throw std::runtime_error("not an instruction budget: " + line);
        budgets.push_back(budget);
    }
    return budgets;
}

std::string budget_line(const InstructionCount& count) {
    std::ostringstream line;
    line << count.compiler << ',' << count.level << ',' << count.workload << ',' << std::fixed << std::setprecision(3)
         << count.instructions;
    return line.str();
}

BudgetVerdict compare_with_budget(double instructions, double budget) {
    constexpr double slack = 0.02;
    if (instructions > budget * (1.0 + slack)) return BudgetVerdict::over;
    if (instructions < budget * (1.0 - slack)) return BudgetVerdict::under;
    return BudgetVerdict::within;
}

}  // namespace stationary::bench
