#include "bench/workload.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stationary::bench {
namespace {

constexpr std::int64_t default_stride = 100;
constexpr std::int64_t default_draws = 8;
constexpr std::int64_t fewest_steps = 16;

/// Chains of one pass: enough for every lane and core.
struct Chains {
    std::int64_t shards;
    std::int64_t each;
};
Chains chains_for(const Session& session, double chain_steps) {
    const Chains all = session.on_cpu() ? Chains{4 * session.info.threads, 256} : Chains{256, 1024};
    if (session.options.log2_work == 0) return all;
    const double shards = chain_steps / static_cast<double>(fewest_steps * all.each);
    return {std::clamp<std::int64_t>(std::llround(shards), 1, all.shards), all.each};
}

double numbers_of_pass(const Session& session) {
    if (session.options.log2_work > 0) return std::ldexp(1.0, session.options.log2_work);
    return session.on_cpu() ? session.info.threads * std::ldexp(1.0, 24) : std::ldexp(1.0, 33);
}

}  // namespace

void set_steps(CellProgram& program, std::int64_t steps, std::int64_t stride, std::int64_t draws) {
    program.stride = stride;
    program.draws = std::clamp<std::int64_t>(1 + (steps - 1) / stride, 1, draws);
    program.burn_in = steps - (program.draws - 1) * stride;
}

void set_precision(CellProgram& program, const Session& session) {
    program.double_precision = session.options.precision == Precision::double_precision;
}

Workload sized_workload(CellProgram program, const Session& session) {
    const double points_per_step = program.stepper == Stepper::sgd ? static_cast<double>(program.batch_size) : 1.0;
    const double chain_steps =
        std::max(numbers_of_pass(session) / program.dimension, 64.0 * static_cast<double>(program.training_points)) /
        points_per_step;
    const Chains chains = chains_for(session, chain_steps);
    program.shard_chains = chains.each;
    const double steps = chain_steps / static_cast<double>(chains.shards * chains.each);
    set_steps(program, std::max(fewest_steps, std::int64_t{std::llround(steps)}), default_stride, default_draws);
    set_precision(program, session);
    return {std::move(program), chains.shards};
}

Workload growth_workload(CellProgram program, int log2_chain_steps) {
    constexpr int log2_shards = 6;
    const int log2_chains = std::clamp(log2_chain_steps - 6, log2_shards, 16);
    program.shard_chains = std::int64_t{1} << (log2_chains - log2_shards);
    set_steps(program, std::int64_t{1} << (log2_chain_steps - log2_chains), default_stride, default_draws);
    return {std::move(program), std::int64_t{1} << log2_shards};
}

}  // namespace stationary::bench
