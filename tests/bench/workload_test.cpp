#include "bench/workload.h"

#include "bench/programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace stationary::bench {
namespace {

TEST(Workload, StepsAreThoseAskedFor) {
    CellProgram program = langevin_program(1);
    for (const std::int64_t steps : {1, 2, 99, 100, 101, 800, 801, 1'000'000}) {
        for (const std::int64_t stride : {1, 100}) {
            set_steps(program, steps, stride, 8);
            EXPECT_EQ(program.steps(), steps) << stride;
            EXPECT_EQ(program.draws, std::min<std::int64_t>(8, 1 + (steps - 1) / stride)) << steps;
            EXPECT_GE(program.burn_in, 1);
        }
    }
}

TEST(Workload, GrowthHasExactlyThatManyChainSteps) {
    for (const int exponent : {16, 20, 24, 27, 30}) {
        const Workload workload = growth_workload(langevin_program(2), exponent);
        EXPECT_EQ(workload.chain_steps(), std::ldexp(1.0, exponent));
        EXPECT_EQ(workload.program.shard_chains % 16, 0);  // whole packs
    }
}

TEST(Workload, PassesGrowWithThreadsDatasetsAndPrecision) {
    Session session;
    session.info.kind = "cpu";
    session.info.threads = 1;
    const Workload one = sized_workload(langevin_program(4), session);
    EXPECT_EQ(one.chain_steps() * 4, std::ldexp(1.0, 24));
    EXPECT_FALSE(one.program.double_precision);
    session.info.threads = 3;
    session.options.precision = Precision::double_precision;
    const Workload three = sized_workload(langevin_program(4), session);
    EXPECT_EQ(three.chain_steps(), 3 * one.chain_steps());
    EXPECT_TRUE(three.program.double_precision);
    const Workload large = sized_workload(least_squares_program(2, 1'000'000, 8), session);
    EXPECT_GE(large.chain_steps() * 8, 63e6);
}

TEST(Workload, CanBeMadeAsSmallAsAFewSteps) {
    Session session;
    session.info.kind = "cuda";
    const Workload usual = sized_workload(langevin_program(4), session);
    EXPECT_EQ(usual.chain_steps() * 4, std::ldexp(1.0, 33));
    session.options.log2_work = 20;
    const Workload small = sized_workload(langevin_program(4), session);
    EXPECT_EQ(small.chain_steps() * 4, std::ldexp(1.0, 20));
    session.options.log2_work = 10;  // a shard of 1,024 chains, and 16 steps
    EXPECT_EQ(sized_workload(langevin_program(4), session).chain_steps(), 1024 * 16);
}

}  // namespace
}  // namespace stationary::bench
