#pragma once

#include "bench/session.h"
#include "kernels/interface/cell_program.h"

#include <cstdint>

namespace stationary::bench {

/// A program and how many shards of it to run.
struct Workload {
    CellProgram program;
    std::int64_t shards = 1;
    [[nodiscard]] double chain_steps() const {
        return static_cast<double>(shards) * static_cast<double>(program.shard_chains) *
               static_cast<double>(program.steps());
    }
};

/// The program with so many chains and steps that one pass takes tens of milliseconds: 2²⁴ numbers made or read per CPU
/// thread, 2³³ on a GPU, but 64 training points for each one in the data set (making the tables takes time too). A draw
/// every 100 steps, at most 8. With --log2_work that many numbers, in as few chains as make 16 steps of them.
Workload sized_workload(CellProgram program, const Session& session);

/// The program with 2^log2_chain_steps chain-steps, 16 at least, in 64 shards: more chains up to 2¹⁶, then more steps.
/// Draws as above.
Workload growth_workload(CellProgram program, int log2_chain_steps);

/// Sets burn_in, stride and draws so that each chain takes `steps` ≥ 1 steps and is drawn every `stride` steps, at most
/// `draws` times, the last time at its end.
void set_steps(CellProgram& program, std::int64_t steps, std::int64_t stride, std::int64_t draws);

/// Rounds the session's precision into the program.
void set_precision(CellProgram& program, const Session& session);

}  // namespace stationary::bench
