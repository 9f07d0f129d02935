#include "host/plan/program_cost.h"

#include "host/base/error.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

double steps_per_chain(const CellProgram& program) {
    return static_cast<double>(program.burn_in) +
           static_cast<double>(program.draws - 1) * static_cast<double>(program.stride);
}

/// Work of drawing the B training points of a step.
double index_operations(const CellProgram& program) {
    constexpr double word = 10.0;
    constexpr double permuted_place = 24.0 * 12.0;
    constexpr double permutation_key = 24.0 * 20.0;
    const auto batch = static_cast<double>(program.batch_size);
    if (program.sampling == BatchSampling::with_replacement) return word * batch;
    return permuted_place * batch + permutation_key;
}

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

double operations_per_step(const CellProgram& program) {
    constexpr double normal = 30.0;
    const double d = program.dimension;
    const auto batch = static_cast<double>(program.batch_size);
    const double update = 6.0 * d;
    switch (program.oracle) {
        case Oracle::least_squares:
            return index_operations(program) + batch * (10.0 + 4.0 * d) + update;
        case Oracle::finite_quadratic:
            return index_operations(program) + batch * (10.0 + 2.0 * d) + d * d + update;
        case Oracle::gaussian_regression:
            return batch * ((d + 1.0) * normal + d * d + 4.0 * d) + update;
        case Oracle::quadratic:
            break;
    }
    const double words = program.stepper == Stepper::langevin ? d : batch * d;
    return words * (normal + d) + d * d + update;
}

std::int64_t most_auto_shards(int dimension) {
    constexpr std::int64_t most_entries = std::int64_t{1} << 26;
    const std::int64_t entries = std::int64_t{dimension} * dimension;
    return std::clamp(most_entries / entries, min_auto_shards, max_auto_shards);
}

std::int64_t split_into_shards(std::int64_t chains, std::optional<std::int64_t> shards, CellProgram& program) {
    constexpr double operations_per_shard = 5e9;
    constexpr std::int64_t lanes = 16;
    const double total = static_cast<double>(chains) * steps_per_chain(program) * operations_per_step(program);
    const double wanted = std::clamp(std::ceil(total / operations_per_shard), static_cast<double>(min_auto_shards),
                                     static_cast<double>(most_auto_shards(program.dimension)));
    const std::int64_t count = shards.value_or(static_cast<std::int64_t>(wanted));
    program.shard_chains = ceil_divide(chains, count);
    if (program.shard_chains > lanes) program.shard_chains = ceil_divide(program.shard_chains, lanes) * lanes;
    return shards ? count : std::max(min_auto_shards, ceil_divide(chains, program.shard_chains));
}

void check_noise_budget(const std::string& name, const CellProgram& program) {
    const double words = steps_per_chain(program) * static_cast<double>(program.batch_size) * (program.dimension + 1.0);
    if (words < 0x1p58) return;
    throw InputError(name + ": a chain would read more than 2^58 words of noise; fewer steps or smaller batches");
}

}  // namespace stationary
