#include "kernels/cuda/cuda_program.h"

#include "tests/kernel_support/chain_programs.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

using chain_programs::Momentum;

TEST(CudaProgram, tables_of_a_million_training_points_are_counted_whole) {
    CellProgram program = chain_programs::least_squares(11, 9, 2, Momentum::none);  // 12 numbers a row
    program.training_points = 1000000;
    const std::int64_t others = 2 * 144 + 4 * 16;  // H, F and four vectors
    EXPECT_EQ(table_bytes(program), 4 * (12000000 + others));
    program.double_precision = true;
    EXPECT_EQ(table_bytes(program), 8 * (14000000 + others));  // rows of an odd number of 16 bytes
}

TEST(CudaProgram, a_chain_takes_its_vectors_and_a_byte) {
    CellProgram program = chain_programs::langevin(10);
    program.shard_chains = 1000;
    const std::int64_t totals = 8 * (TotalsRow::words(10) + 1);
    EXPECT_EQ(bytes_per_shard(program), 1000 * (10 * 4 + 1) + totals);
    program = chain_programs::quadratic(10, 4, Momentum::none);
    program.shard_chains = 1000;
    program.double_precision = true;
    EXPECT_EQ(bytes_per_shard(program), 1000 * (2 * 10 * 8 + 1) + totals);
}

TEST(CudaProgram, launches_are_a_million_chains_and_fewer_where_a_step_is_long) {
    CellProgram program = chain_programs::quadratic(32, 1, Momentum::none);
    program.shard_chains = 1024;
    EXPECT_EQ(shards_cap(program), 1024);
    program.batch_size = 1000000;  // 2³⁶ updates in a step of 2147 chains
    EXPECT_EQ(shards_cap(program), 2);
    program.shard_chains = 1 << 21;
    EXPECT_EQ(shards_cap(program), 1);
}

}  // namespace
}  // namespace stationary
