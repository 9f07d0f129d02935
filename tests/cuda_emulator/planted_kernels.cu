// A kernel of the project, the products of wide chains, as it is and with errors that the emulator has to find.

#include "kernels/launch/wide_products.h"
#include "tests/cuda_emulator/selftest.h"

#include <vector>

namespace selftest {
namespace {

using stationary::ProductThread;
using stationary::TotalsRow;
using stationary::WideProducts;

enum class Barriers { all, none };

/// The threads of a block as in kernels/launch/cuda_kernel.cuh, with or without the barrier after each phase.
template <Barriers barriers>
class PlantedTeam {
  public:
    __device__ explicit PlantedTeam(ProductThread& thread) : thread_(thread) {}

    template <class Work>
    __device__ __forceinline__ void each(Work&& work) {
        work(thread_);
        if constexpr (barriers == Barriers::all) __syncthreads();
    }

  private:
    ProductThread& thread_;
};

template <Barriers barriers>
__global__ void __launch_bounds__(WideProducts::threads)
    add_planted_products(const __grid_constant__ WideProducts products) {
    __shared__ __align__(16) std::int32_t values[WideProducts::shared_values];
    ProductThread thread(products, static_cast<int>(blockIdx.x), blockIdx.y, static_cast<int>(threadIdx.x), values);
    PlantedTeam<barriers> team(thread);
    run_products(products, team);
}

/// What is wrong with the draws that the kernel is given.
enum class Stage { right, begins_late, last_chain_unwritten };

constexpr int dimension = 66;  // two tiles, of which the second is mostly empty
constexpr int chains = 24;     // a batch and a half
constexpr int shards = 2;

std::vector<std::int32_t> draws() {
    const int length = stationary::stage_length(dimension);
    std::vector<std::int32_t> values(static_cast<std::size_t>(shards) * chains * length, 0);
    for (int chain = 0; chain < shards * chains; ++chain) {
        for (int i = 0; i < dimension; ++i) values[chain * length + i] = (chain * 7919 + i * i * 31) % 2003 - 1001;
        values[chain * length + dimension] = 1;
    }
    return values;
}

void expect_products(const std::vector<std::int32_t>& values, const std::vector<std::uint64_t>& totals) {
    const int length = stationary::stage_length(dimension);
    const int words = TotalsRow::words(dimension);
    for (int shard = 0; shard < shards; ++shard) {
        const auto moments = stationary::read_totals(totals.data() + shard * words, 0, shard, dimension);
        for (int i = 0, entry = 0; i < dimension; ++i) {
            for (int j = i; j < dimension; ++j, ++entry) {
                std::int64_t sum = 0;
                for (int chain = shard * chains; chain < (shard + 1) * chains; ++chain) {
                    sum += std::int64_t{values[chain * length + i]} * values[chain * length + j];
                }
                expect("product", moments.products[entry] == stationary::Int128{sum}, true);
            }
        }
    }
    if (failures == 0) std::puts("the products are right");
}

template <Barriers barriers, Stage stage>
void products() {
    const std::vector<std::int32_t> values = draws();
    std::vector<std::uint64_t> totals(static_cast<std::size_t>(shards) * TotalsRow::words(dimension));
    const int length = stationary::stage_length(dimension);
    const std::size_t written = stage == Stage::last_chain_unwritten ? values.size() - length : values.size();
    std::int32_t* device_values = nullptr;
    std::uint64_t* device_totals = nullptr;
    SELFTEST_CALL(cudaMalloc(&device_values, values.size() * sizeof values[0]));
    SELFTEST_CALL(cudaMalloc(&device_totals, totals.size() * sizeof totals[0]));
    SELFTEST_CALL(cudaMemcpy(device_values, values.data(), written * sizeof values[0], cudaMemcpyHostToDevice));
    SELFTEST_CALL(cudaMemset(device_totals, 0, totals.size() * sizeof totals[0]));
    const WideProducts args{device_values + (stage == Stage::begins_late ? length : 0), device_totals, chains,
                            dimension};
    add_planted_products<barriers><<<dim3(args.tiles(), shards), WideProducts::threads>>>(args);
    SELFTEST_CALL(cudaMemcpy(totals.data(), device_totals, totals.size() * sizeof totals[0], cudaMemcpyDeviceToHost));
    SELFTEST_CALL(cudaFree(device_values));
    SELFTEST_CALL(cudaFree(device_totals));
    if (stage == Stage::right && barriers == Barriers::all) expect_products(values, totals);
}

}  // namespace
}  // namespace selftest

int main(int count, char** arguments) {
    using selftest::Barriers;
    using selftest::Stage;
    const selftest::Tests tests{
        {"nothing_planted", selftest::products<Barriers::all, Stage::right>},
        {"wrong_barrier", selftest::products<Barriers::none, Stage::right>},
        {"wrong_index", selftest::products<Barriers::all, Stage::begins_late>},
        {"wrong_unwritten", selftest::products<Barriers::all, Stage::last_chain_unwritten>},
    };
    return selftest::run(tests, count, arguments);
}
