// A planted fault for bench/budgets/check_vector_loops: the step code of one chain at a time, as it would be if the
// packs were lost. The check must find that its loops do arithmetic on single numbers.
#include "kernels/chain/run_chain.h"
#include "kernels/lanes/lanes.h"
#include "kernels/steps/langevin_stepper.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

template <class Scalar, int D, template <class, int> class Stepper>
[[gnu::noinline]] void run_chains_of(const ChainArgs<Scalar>& args, std::uint64_t chain,
                                     ChainState<ScalarLanes<Scalar>, D>& state) {
    start_chain(args, state);
    run_chain<Stepper<ScalarLanes<Scalar>, D>>(args, chain, 0, args.burn_in, state, [](const auto&, std::int64_t) {});
}

template void run_chains_of<float, 8, LangevinStepper>(const ChainArgs<float>&, std::uint64_t,
                                                       ChainState<ScalarLanes<float>, 8>&);

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
