#include "kernels/moments/block_moments.h"

#include "tests/kernel_support/same_moments.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <random>
#include <set>

namespace stationary {
namespace {

/// draw(k, i, c): component i of chain c in draw k of a block.
template <int D, int Threads, bool in_memory, class Draw>
void add_block(std::vector<std::uint64_t>& row, int dimension, int draws, Draw&& draw) {
    std::vector<std::int32_t> storage(DrawStage<D, Threads>::values, 0x7fffffff);
    DrawStage<D, Threads> stage(storage.data());
    using Sums = ThreadSums<D, Threads, in_memory>;
    std::vector<typename Sums::Kept> memory(in_memory ? Threads : 0);
    std::vector<Sums> threads;
    for (int t = 0; t < Threads; ++t) {
        stage.put_one(t);
        threads.emplace_back(t, dimension, memory.data());
    }
    for (int k = 0; k < draws; ++k) {
        for (int t = 0; t < Threads; ++t) {
            for (int i = 0; i < D; ++i) stage.value(i, t) = i < dimension ? draw(k, i, t) : 0;
        }
        for (auto& thread : threads) thread.add(stage);
    }
    for (auto& thread : threads) thread.flush(row.data());
}

template <class Draw>
ShardMoments direct_sums(int dimension, int draws, int chains, Draw&& draw) {
    ShardMoments moments;
    moments.sum.assign(static_cast<std::size_t>(dimension), 0);
    moments.products.assign(static_cast<std::size_t>(packed_size(dimension)), 0);
    for (int k = 0; k < draws; ++k) {
        for (int c = 0; c < chains; ++c) {
            std::size_t entry = 0;
            for (int i = 0; i < dimension; ++i) {
                moments.sum[static_cast<std::size_t>(i)] += draw(k, i, c);
                for (int j = i; j < dimension; ++j) moments.products[entry++] += Int128{draw(k, i, c)} * draw(k, j, c);
            }
        }
    }
    return moments;
}

std::int32_t random_value(int k, int i, int c) {
    std::seed_seq seed{k, i, c};
    std::array<std::uint32_t, 1> word{};
    seed.generate(word.begin(), word.end());
    return static_cast<std::int32_t>(word[0] % (2U * fixed_point_limit + 1U)) - fixed_point_limit;
}

template <int D, int Threads, bool in_memory>
void expect_direct_sums_kept(int dimension) {
    SCOPED_TRACE("D " + std::to_string(D) + ", threads " + std::to_string(Threads) + ", d " +
                 std::to_string(dimension));
    std::vector<std::uint64_t> row(static_cast<std::size_t>(TotalsRow::words(dimension)), 0);
    add_block<D, Threads, in_memory>(row, dimension, 3, random_value);
    same_moments::expect_same_moments(read_totals(row.data(), ~std::uint64_t{0}, 0, dimension),
                                      direct_sums(dimension, 3, Threads, random_value));
}

template <int D, int Threads>
void expect_direct_sums(int dimension) {
    expect_direct_sums_kept<D, Threads, false>(dimension);
    expect_direct_sums_kept<D, Threads, true>(dimension);
}

TEST(BlockMoments, equal_sums_in_128_bits) {
    expect_direct_sums<1, 32>(1);
    expect_direct_sums<1, 128>(1);
    expect_direct_sums<4, 32>(3);
    expect_direct_sums<4, 128>(4);
    expect_direct_sums<12, 32>(10);
    expect_direct_sums<12, 128>(12);
    expect_direct_sums<16, 128>(13);
    expect_direct_sums<32, 32>(32);
    expect_direct_sums<32, 128>(29);
}

TEST(BlockMoments, every_pair_of_rows_once_and_in_the_packed_order) {
    for (const int d : {1, 2, 5, 32}) {
        int entry = d;
        for (int i = 0; i < d; ++i) {
            EXPECT_EQ(moment_factors(i, d, 99).first, i);
            EXPECT_EQ(moment_factors(i, d, 99).second, 99);
            for (int j = i; j < d; ++j, ++entry) {
                EXPECT_EQ(moment_factors(entry, d, 99).first, i);
                EXPECT_EQ(moment_factors(entry, d, 99).second, j);
            }
        }
        EXPECT_EQ(entry, moment_entries(d));
    }
}

/// As many of the largest draws as may come between two flushes, of one sign and of both: the 64-bit sums just hold
/// them. With 12 dimensions each sum is over all chains of the block.
TEST(BlockMoments, the_largest_draws_fit_between_flushes) {
    constexpr int threads = 128;
    constexpr int d = 12;
    constexpr int draws = draws_between_flushes(threads);
    const auto draw = [](int, int i, int) { return i % 2 == 0 ? fixed_point_limit : -fixed_point_limit; };
    std::vector<std::uint64_t> row(static_cast<std::size_t>(TotalsRow::words(d)), 0);
    add_block<d, threads, false>(row, d, draws, draw);
    add_block<d, threads, false>(row, d, draws, draw);
    const ShardMoments moments = read_totals(row.data(), 7, 5, d);
    const ShardMoments expected = direct_sums(d, 2 * draws, threads, draw);
    same_moments::expect_same_sums(moments.products, expected.products, "products");
    same_moments::expect_same_sums(moments.sum, expected.sum, "sum");
    EXPECT_EQ(moments.first_bad_step, 7);
    EXPECT_EQ(moments.shard, 5);
    // Two such sums are beyond 64 bits, so the total needs both words.
    EXPECT_GT(moments.products[0], Int128{std::numeric_limits<std::int64_t>::max()});
    EXPECT_LT(moments.products[1], Int128{std::numeric_limits<std::int64_t>::min()});
}

TEST(BlockMoments, sums_of_either_sign_split_exactly) {
    std::vector<std::uint64_t> row(static_cast<std::size_t>(TotalsRow::words(1)), 0);
    Int128 expected = 0;
    for (const std::int64_t sum :
         {INT64_C(-1), INT64_C(-0x100000000), INT64_C(0xffffffff), INT64_MIN, INT64_MIN, INT64_C(5)}) {
        add_to_entry(row.data(), 1, sum);
        expected += sum;
    }
    EXPECT_EQ(same_moments::text(read_totals(row.data(), 0, 0, 1).products[0]), same_moments::text(expected));
}

/// The velocity squares lie behind the last moment, inside the row, and are more than 64 bits hold.
TEST(BlockMoments, velocity_squares_have_an_entry_of_their_own) {
    for (const int d : {1, 3, 32}) {
        const auto words = static_cast<std::size_t>(TotalsRow::words(d));
        std::vector<std::uint64_t> row(words + 1, 0);
        row[words] = 77;
        Int128 expected = 0;
        for (int k = 0; k < 5; ++k) {
            add_to_entry(row.data(), TotalsRow::velocity_entry(d), INT64_MAX - k);
            expected += INT64_MAX - k;
        }
        const ShardMoments before = read_totals(row.data(), 0, 0, d);
        EXPECT_EQ(same_moments::text(before.velocity_squares), same_moments::text(expected));
        for (const Int128 sum : before.sum) EXPECT_TRUE(sum == 0);
        for (const Int128 product : before.products) EXPECT_TRUE(product == 0);
        for (int entry = 0; entry < moment_entries(d); ++entry) add_to_entry(row.data(), entry, -1);
        EXPECT_EQ(same_moments::text(read_totals(row.data(), 0, 0, d).velocity_squares), same_moments::text(expected));
        EXPECT_EQ(row[words], 77U);
    }
}

/// Rows are apart by an odd number of words, so that one column of 32 different rows lies in 32 different banks.
TEST(BlockMoments, columns_of_the_stage_lie_in_different_banks) {
    std::set<std::ptrdiff_t> banks;
    for (int row = 0; row < 32; ++row) banks.insert(std::ptrdiff_t{row} * DrawStage<32, 128>::row_length % 32);
    EXPECT_EQ(banks.size(), 32U);
}

}  // namespace
}  // namespace stationary
