// How many results per clock each pipe of a GPU's multiprocessor delivers: what the ceilings of docs/performance.md
// rest on. Each kernel does one operation over and over on eight independent numbers per thread, with 1024 threads per
// block, and reads the multiprocessor's own clock before and after. usage: pipe_probe

#include "kernels/cuda/cuda_memory.h"
#include "kernels/launch/cuda_call.h"

#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

constexpr int numbers_per_thread = 8, operations_per_pass = 16, passes = 200, threads = 1024;

#define STATIONARY_PROBE(name, Type, statement)                                   \
    struct name {                                                                 \
        using Value = Type;                                                       \
        static __device__ void apply(Value& x, std::uint32_t seed) { statement; } \
    }

STATIONARY_PROBE(fma, float, x = __fmaf_rn(x, 1.0000001F, static_cast<float>(seed)));
STATIONARY_PROBE(multiply_add_integer, std::uint32_t, x = x * 0xB5DE9C89U + seed);
STATIONARY_PROBE(philox_half_round, std::uint32_t, const std::uint64_t product = std::uint64_t{x} * 0xD2511F53U;
                 x = static_cast<std::uint32_t>(product >> 32) ^ static_cast<std::uint32_t>(product) ^ seed);
STATIONARY_PROBE(logic, std::uint32_t,
                 asm volatile("lop3.b32 %0, %0, %1, %2, 0x96;"
                              : "+r"(x)
                              : "r"(seed), "r"(seed * 3U)));
STATIONARY_PROBE(integer_to_float, std::uint32_t, x = __float_as_uint(static_cast<float>(static_cast<int>(x))));
STATIONARY_PROBE(logarithm, float, asm volatile("lg2.approx.ftz.f32 %0, %0;" : "+f"(x)));
STATIONARY_PROBE(root, float, asm volatile("sqrt.approx.ftz.f32 %0, %0;" : "+f"(x)));
STATIONARY_PROBE(reciprocal_root, float, asm volatile("rsqrt.approx.ftz.f32 %0, %0;" : "+f"(x)));
STATIONARY_PROBE(sine, float, asm volatile("sin.approx.ftz.f32 %0, %0;" : "+f"(x)));
#undef STATIONARY_PROBE

/// Clocks that the block took, and something that depends on every result, so that none is left out.
template <class Probe>
__global__ void repeat(std::uint32_t seed, long long* clocks, float* sums) {
    typename Probe::Value x[numbers_per_thread];
#pragma unroll
    for (int k = 0; k < numbers_per_thread; ++k) x[k] = static_cast<typename Probe::Value>(seed + threadIdx.x + 77 * k);
    __syncthreads();
    const long long start = clock64();
#pragma unroll 1
    for (int pass = 0; pass < passes; ++pass) {
#pragma unroll
        for (int operation = 0; operation < operations_per_pass; ++operation) {
#pragma unroll
            for (int k = 0; k < numbers_per_thread; ++k) Probe::apply(x[k], seed);
        }
    }
    const long long end = clock64();
    float sum = 0.0F;
#pragma unroll
    for (int k = 0; k < numbers_per_thread; ++k) sum += static_cast<float>(x[k]);
    sums[blockIdx.x * threads + threadIdx.x] = sum;
    if (threadIdx.x == 0) clocks[blockIdx.x] = end - start;
}

/// One block per multiprocessor; the second run counts.
template <class Probe>
void measure(const char* name, unsigned multiprocessors) {
    const stationary::CudaStream stream;
    const stationary::DeviceArray<long long> clocks(multiprocessors, stream.get());
    const stationary::DeviceArray<float> sums(std::size_t{multiprocessors} * threads, stream.get());
    for (int run = 0; run < 2; ++run) {
        repeat<Probe><<<multiprocessors, threads, 0, stream.get()>>>(12345U, clocks.data(), sums.data());
        STATIONARY_CUDA_CALL(cudaGetLastError());
    }
    double total = 0.0;
    for (const long long block : clocks.to_host(multiprocessors)) total += static_cast<double>(block);
    constexpr double results = double{threads} * passes * operations_per_pass * numbers_per_thread;
    std::printf("%-22s %7.2f per clock and multiprocessor\n", name, results * multiprocessors / total);
}

void measure_all() {
    cudaDeviceProp properties;
    STATIONARY_CUDA_CALL(cudaGetDeviceProperties(&properties, 0));
    std::printf("%s, sm_%d%d, %d multiprocessors\n", properties.name, properties.major, properties.minor,
                properties.multiProcessorCount);
    const auto multiprocessors = static_cast<unsigned>(properties.multiProcessorCount);
    measure<fma>("fma", multiprocessors);
    measure<multiply_add_integer>("multiply_add_integer", multiprocessors);
    measure<philox_half_round>("philox_half_round", multiprocessors);
    measure<logic>("logic", multiprocessors);
    measure<integer_to_float>("integer_to_float", multiprocessors);
    measure<logarithm>("logarithm", multiprocessors);
    measure<root>("root", multiprocessors);
    measure<reciprocal_root>("reciprocal_root", multiprocessors);
    measure<sine>("sine", multiprocessors);
}

}  // namespace

int main() try {
    measure_all();
    return 0;
} catch (const stationary::CudaError& error) {
    std::fprintf(stderr, "pipe_probe: %s\n", error.what());
    return 4;
}
