#include "host/plan/plan_key.h"

#include "host/base/hash.h"

namespace stationary {

std::uint64_t plan_key(const CellProgram& program) {
    Hash hash;
    hash.text("stationary plan 1").integer(program.key);
    for (const std::int64_t value :
         {static_cast<std::int64_t>(program.oracle), static_cast<std::int64_t>(program.stepper),
          static_cast<std::int64_t>(program.sampling), static_cast<std::int64_t>(program.double_precision),
          static_cast<std::int64_t>(program.fast_normals), static_cast<std::int64_t>(program.frozen),
          static_cast<std::int64_t>(program.dimension), program.batch_size, program.training_points, program.burn_in,
          program.stride, program.draws, program.shard_chains})
        hash.integer(static_cast<std::uint64_t>(value));
    for (const double value :
         {program.step_size, program.momentum, program.gradient_weight, program.direct_weight, program.velocity_weight,
          program.label_noise, program.ridge, program.velocity_scale, program.pull_scale})
        hash.real(value);
    for (const auto* values : {&program.hessian, &program.noise_factor, &program.ridge_gradient, &program.initial,
                               &program.centre, &program.scale, &program.step_weights}) {
        hash.integer(values->size());
        for (const double value : *values) hash.real(value);
    }
    return hash.value();
}

}  // namespace stationary
