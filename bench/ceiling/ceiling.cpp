#include "bench/ceiling/ceiling.h"

#include "bench/ceiling/step_counts.h"

namespace stationary::bench {

double cycles_per_pack_step(const CellProgram& program, SimdLevel level) {
    return port_cycles(step_counts(program, level), level);
}

double ceiling_chain_steps_per_second(const CellProgram& program, SimdLevel level, const CoreSpeed& speed) {
    return speed.cores * speed.hertz * lanes_of(level) / cycles_per_pack_step(program, level);
}

}  // namespace stationary::bench
