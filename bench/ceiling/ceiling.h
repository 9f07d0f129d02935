#pragma once

#include "kernels/interface/backend.h"
#include "kernels/interface/cell_program.h"

namespace stationary::bench {

/// Fewest cycles that a core with the ports of port_table.h needs for one step of one pack.
double cycles_per_pack_step(const CellProgram& program, SimdLevel level);

/// What runs a program: how many cores, at how many cycles per second.
struct CoreSpeed {
    double hertz = 0.0;
    int cores = 1;
};

/// Chain-steps per second that the count allows: cores·hertz·lanes / cycles_per_pack_step.
double ceiling_chain_steps_per_second(const CellProgram& program, SimdLevel level, const CoreSpeed& speed);

}  // namespace stationary::bench
