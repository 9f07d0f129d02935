#pragma once

#include "kernels/interface/backend.h"

#include <istream>
#include <string>
#include <vector>

namespace stationary::bench {

/// What one unit of a workload costs at a SIMD level, in instructions: a component-step of Langevin, a training point
/// of SGD. Counts hold for one compiler, named by its family and major version.
struct InstructionCount {
    std::string compiler;  ///< "GNU 12", "Clang 14"
    std::string level;     ///< "generic", "avx2", "avx512"
    std::string workload;
    double instructions = 0.0;
};

/// The compiler of this build, as in InstructionCount.
std::string this_compiler();

/// Names of the fixed small workloads that have a budget at a level.
std::vector<std::string> budgeted_workloads(SimdLevel level);

/// The cost of a workload at a level that the processor runs: the difference between the instructions of two lengths,
/// over the units between them, so that starting up does not count. Throws std::invalid_argument for an unknown name.
InstructionCount measured_instructions(const std::string& workload, SimdLevel level);

/// Reads lines "compiler,level,workload,instructions" below a header; throws std::runtime_error naming a bad line.
std::vector<InstructionCount> read_budgets(std::istream& in);
std::string budget_line(const InstructionCount& count);

/// How a count stands to its budget; two per cent are within it.
enum class BudgetVerdict { within, over, under };
BudgetVerdict compare_with_budget(double instructions, double budget);

}  // namespace stationary::bench
