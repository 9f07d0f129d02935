#include "kernels/noise_stream.h"

#include "kernels/langevin_stepper.h"
#include "kernels/least_squares_oracle.h"
#include "kernels/sgd_stepper.h"
#include "tests/pack_functions.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace stationary {
namespace {

using Lanes = ScalarLanes<float>;
constexpr std::uint64_t key = 0x0123456789abcdefULL;
constexpr std::uint64_t edge = std::uint64_t{1} << 32;

/// Word w of a purpose, straight from the documented layout.
std::uint32_t documented_word(NoisePurpose purpose, std::uint64_t chain, std::uint64_t w) {
    std::uint32_t words[4];
    philox_block(key, (static_cast<std::uint64_t>(purpose) << 56) + w / 4, chain, words);
    return words[w % 4];
}

/// Normal n of a purpose: words 2k and 2k+1 give normals 2k and 2k+1.
float documented_normal(NoisePurpose purpose, std::uint64_t chain, std::uint64_t n) {
    float z[2];
    box_muller(documented_word(purpose, chain, n - n % 2), documented_word(purpose, chain, n - n % 2 + 1), z[0], z[1]);
    return z[n % 2];
}

template <class Stream>
void expect_next(Stream& stream, int count, std::uint64_t chain, std::uint64_t& position) {
    float out[4];
    stream.next(out, count);
    for (int k = 0; k < count; ++k, ++position) {
        ASSERT_EQ(as_word(out[k]), as_word(documented_normal(NoisePurpose::gradient_noise, chain, position)))
            << position;
    }
    for (const float z : out) ASSERT_LE(std::abs(z), 6.77F);  // entries beyond the count are finite
}

TEST(NormalStream, normals_of_every_dimension_come_in_linear_order) {
    for (int dimension = 1; dimension <= 33; ++dimension) {
        NormalStream<Lanes> stream(key, 5, NoisePurpose::gradient_noise, 0);
        std::uint64_t position = 0;
        for (int step = 0; step < 9; ++step) {
            for (int left = dimension; left > 0; left -= 4) expect_next(stream, std::min(left, 4), 5, position);
        }
        EXPECT_EQ(position, static_cast<std::uint64_t>(9 * dimension));
    }
}

TEST(NormalStream, any_start_and_any_counts) {
    std::mt19937_64 generator(31);
    for (std::uint64_t start = 0; start < 41; ++start) {
        for (int pattern = 0; pattern < 20; ++pattern) {
            NormalStream<Lanes> stream(key, 77, NoisePurpose::gradient_noise, start);
            std::uint64_t position = start;
            for (int call = 0; call < 25; ++call)
                expect_next(stream, 1 + static_cast<int>(generator() % 4U), 77, position);
        }
    }
}

TEST(NormalStream, positions_and_chains_across_32_bits) {
    for (const std::uint64_t chain : {edge - 1, edge, edge + 1}) {
        for (const std::uint64_t start : {edge - 3, edge - 1, edge, edge + 1, 4 * edge - 5, 4 * edge, 4 * edge + 3}) {
            NormalStream<Lanes> stream(key, chain, NoisePurpose::gradient_noise, start);
            std::uint64_t position = start;
            for (const int count : {1, 3, 4, 2, 4, 4, 1}) expect_next(stream, count, chain, position);
        }
    }
}

TEST(NormalStream, every_simd_level_gives_the_scalar_bits) {
    constexpr std::size_t calls = 9;
    for (const PackFunctions& pack : available_pack_functions()) {
        const auto lanes = static_cast<std::size_t>(pack.lanes);
        for (const std::uint64_t chain : {std::uint64_t{0}, edge - 1, edge - lanes / 2, edge, edge + 1}) {
            for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{3}, edge - 2, 4 * edge - 6}) {
                for (int count = 1; count <= 4; ++count) {
                    std::vector<float> out(calls * static_cast<std::size_t>(count) * lanes);
                    pack.normals(key, chain, NoisePurpose::gradient_noise, start, count, calls, out.data());
                    for (std::size_t i = 0; i < out.size(); ++i) {
                        const float expected =
                            documented_normal(NoisePurpose::gradient_noise, chain + i % lanes, start + i / lanes);
                        ASSERT_EQ(as_word(out[i]), as_word(expected)) << to_string(pack.level) << ' ' << i;
                    }
                }
            }
        }
    }
}

/// ⌊word·n / 2³²⌋.
std::uint32_t documented_index(std::uint64_t chain, std::uint64_t u, std::uint32_t n) {
    const std::uint64_t word = documented_word(NoisePurpose::minibatch_index, chain, u);
    return static_cast<std::uint32_t>((word * n) >> 32);
}

TEST(IndexStream, indices_come_in_linear_order) {
    for (const std::uint64_t chain : {std::uint64_t{3}, edge - 1, edge, edge + 1}) {
        for (const std::uint64_t start :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{6}, edge - 1, 4 * edge - 3, 4 * edge + 1}) {
            IndexStream<Lanes> stream(key, chain, start);
            for (std::uint64_t u = start; u < start + 23; ++u) {
                const auto n = static_cast<std::uint32_t>(1 + u % 442);
                ASSERT_EQ(stream.next(n), documented_index(chain, u, n));
            }
        }
    }
}

TEST(IndexStream, every_simd_level_gives_the_scalar_indices) {
    constexpr std::size_t calls = 11;
    for (const PackFunctions& pack : available_pack_functions()) {
        const auto lanes = static_cast<std::size_t>(pack.lanes);
        for (const std::uint32_t n : {1U, 7U, 442U, 0x7fffffffU}) {
            for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{2}, 4 * edge - 3}) {
                std::vector<std::uint32_t> out(calls * lanes);
                pack.indices(key, edge - 2, start, n, calls, out.data());
                for (std::size_t i = 0; i < out.size(); ++i) {
                    ASSERT_EQ(out[i], documented_index(edge - 2 + i % lanes, start + i / lanes, n))
                        << to_string(pack.level);
                }
            }
        }
    }
}

/// First word of index i: the least w with ⌊w·n/2³²⌋ = i, which is ⌈i·2³²/n⌉.
std::uint64_t first_word(std::uint64_t index, std::uint64_t n) { return (index * edge + n - 1) / n; }

/// Counts the words of every index, checking each boundary against the code.
void expect_even_shares(std::uint32_t n) {
    std::uint64_t total = 0;
    for (std::uint32_t index = 0; index < n; ++index) {
        const std::uint64_t first = first_word(index, n);
        const std::uint64_t last = first_word(index + 1, n) - 1;
        ASSERT_EQ(Lanes::multiply_high(static_cast<std::uint32_t>(first), n), index);
        ASSERT_EQ(Lanes::multiply_high(static_cast<std::uint32_t>(last), n), index);
        const std::uint64_t share = last - first + 1;
        ASSERT_TRUE(share == edge / n || share == edge / n + 1) << index;
        total += share;
    }
    EXPECT_EQ(total, edge);
}

TEST(IndexStream, index_bias) {
    for (const std::uint32_t n : {1U, 2U, 3U, 7U, 64U, 442U, 1000U, 65537U, 1000003U}) expect_even_shares(n);
    // The stated relative bias, 1e-7 at 442: one word more or less than 2³²/n.
    EXPECT_LE(442.0 * 0x1p-32, 1.1e-7);
}

/// A place in the random words: counter, chain, word of the block.
using Place = std::tuple<std::uint64_t, std::uint64_t, int>;

/// Scalar lanes that write down every block made.
struct RecordingLanes : ScalarLanes<float> {
    static inline std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
    static void block(std::uint64_t cell_key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        blocks.emplace_back(counter, chain);
        philox_block(cell_key, counter, chain, words);
    }
};

/// The places that the documented layout gives to one chain's steps.
void add_documented_places(std::multiset<Place>& places, std::uint64_t chain, std::uint64_t steps, std::uint64_t batch,
                           std::uint64_t d) {
    const auto add = [&](NoisePurpose purpose, std::uint64_t w) {
        places.emplace((static_cast<std::uint64_t>(purpose) << 56) + w / 4, chain, static_cast<int>(w % 4));
    };
    for (std::uint64_t step = 0; step < steps; ++step) {
        for (std::uint64_t b = 0; b < batch; ++b) {
            add(NoisePurpose::minibatch_index, step * batch + b);
            for (std::uint64_t i = 0; i < d; ++i) add(NoisePurpose::gradient_noise, (step * batch + b) * d + i);
        }
    }
    for (std::uint64_t w = 0; w < 2 * d; ++w) {
        add(NoisePurpose::initial_state, w);
        add(NoisePurpose::epoch_order, w);
    }
}

/// The blocks that a chain of both kinds really makes: steps of sgd on a quadratic, then on a data set.
void run_recorded_chain(std::uint64_t chain, int steps, std::int64_t batch, int d) {
    constexpr int padded = 8;
    const std::vector<float> zeros(padded * padded, 0.0F);
    ChainArgs<float> args{};
    args.hessian = args.noise_factor = args.features = args.residuals = args.ridge_gradient = zeros.data();
    args.batch_size = batch;
    args.training_points = 5;
    args.dimension = d;
    args.key = key;
    ChainState<RecordingLanes, padded> state{};
    SgdStepper<RecordingLanes, padded, QuadraticOracle> quadratic(args, chain, 0);
    SgdStepper<RecordingLanes, padded, LeastSquaresOracle> least_squares(args, chain, 0);
    for (int step = 0; step < steps; ++step) {
        quadratic.step(state);
        least_squares.step(state);
    }
}

TEST(NoiseStream, no_word_is_read_twice) {
    constexpr int steps = 6;
    for (const std::int64_t batch : {1, 2, 3, 5}) {
        for (int d = 1; d <= 8; ++d) {
            std::multiset<Place> places;
            RecordingLanes::blocks.clear();
            for (const std::uint64_t chain :
                 {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, edge - 1, edge, edge + 1}) {
                add_documented_places(places, chain, steps, static_cast<std::uint64_t>(batch),
                                      static_cast<std::uint64_t>(d));
                run_recorded_chain(chain, steps, batch, d);
            }
            const std::set<Place> different(places.begin(), places.end());
            EXPECT_EQ(different.size(), places.size()) << "B = " << batch << ", d = " << d;

            // Each block is made once, and the blocks made are exactly those that hold the documented words of the two
            // purposes in use.
            std::set<std::pair<std::uint64_t, std::uint64_t>> documented;
            for (const auto& [counter, chain, word] : places) {
                if (counter >> 56 <= static_cast<std::uint64_t>(NoisePurpose::minibatch_index))
                    documented.emplace(counter, chain);
            }
            const std::set made(RecordingLanes::blocks.begin(), RecordingLanes::blocks.end());
            EXPECT_EQ(made.size(), RecordingLanes::blocks.size()) << "B = " << batch << ", d = " << d;
            EXPECT_EQ(made, documented) << "B = " << batch << ", d = " << d;
        }
    }
}

/// The largest stream that a program may use does not reach the next purpose.
TEST(NoiseStream, purposes_do_not_touch) {
    constexpr std::uint64_t last_word = (std::uint64_t{1} << 58) - 1;
    EXPECT_EQ(block_counter(NoisePurpose::gradient_noise, last_word / 4) + 1,
              block_counter(NoisePurpose::minibatch_index, 0));
    EXPECT_EQ(block_counter(NoisePurpose::minibatch_index, last_word / 4) + 1,
              block_counter(NoisePurpose::initial_state, 0));
    EXPECT_EQ(block_counter(NoisePurpose::initial_state, last_word / 4) + 1,
              block_counter(NoisePurpose::epoch_order, 0));
}

}  // namespace
}  // namespace stationary
