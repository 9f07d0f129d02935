// Warps, blocks, streams and approximate operations under the emulator.

#include "tests/cuda_emulator/selftest.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace selftest {
namespace {

__global__ void warp_operations(unsigned* out) {
    const unsigned t = threadIdx.x, all = ~0U;
    unsigned* o = out + 16 * t;
    o[0] = __shfl_xor_sync(all, t * 3, 5), o[1] = __shfl_up_sync(all, t * 3, 2),
    o[2] = __shfl_down_sync(all, t * 3, 3, 8), o[3] = __shfl_sync(all, t * 3, 9, 16);
    o[4] = __ballot_sync(all, t % 3 == 0), o[5] = __any_sync(all, t == 40), o[6] = __all_sync(all, t < 32);
    o[7] = __match_any_sync(all, t % 5), o[8] = __reduce_add_sync(all, t),
    o[9] = __reduce_max_sync(all, static_cast<int>(t) - 50);
    if (t % 2 == 0)
        o[10] = __shfl_xor_sync(0x55555555U, t, 2);
    else
        o[10] = __reduce_min_sync(0xaaaaaaaaU, t);
    const double d = __shfl_xor_sync(all, 1.5 * t, 16);
    o[11] = static_cast<unsigned>(d * 2);
}

void warps() {
    Managed<unsigned> out(16 * 64);
    warp_operations<<<1, 64>>>(out.data());
    SELFTEST_CALL(cudaDeviceSynchronize());
    for (unsigned t = 0; t < 64; ++t) {
        const unsigned lane = t % 32, base = t - lane;
        unsigned thirds = 0, like = 0;
        for (unsigned k = 0; k < 32; ++k) thirds |= ((base + k) % 3 == 0) << k, like |= ((base + k) % 5 == t % 5) << k;
        const unsigned expected[12] = {(t ^ 5) * 3,
                                       (lane < 2 ? t : t - 2) * 3,
                                       (lane % 8 > 4 ? t : t + 3) * 3,
                                       (base + lane / 16 * 16 + 9) * 3,
                                       thirds,
                                       base == 32,
                                       base == 0,
                                       like,
                                       32 * base + 496,
                                       base + 31 - 50,
                                       t % 2 == 0 ? t ^ 2 : base + 1,
                                       3 * (t ^ 16)};
        for (int e = 0; e < 12; ++e) expect("warp " + std::to_string(e), out[16 * t + e], expected[e]);
    }
}

__constant__ int factors[4];
__device__ int counter = 5;

__device__ __noinline__ double polynomial(double x, int degree) {
    return degree == 0 ? 1.0 : 1.0 + x * polynomial(x, degree - 1);
}

__global__ void block_operations(const int* in, long long* sums, double* values) {
    __shared__ int fixed[64];
    extern __shared__ int dynamic[];
    const int t = static_cast<int>(threadIdx.x);
    fixed[t] = in[blockIdx.x * 64 + t];
    __syncthreads();
    for (int half = 32; half > 0; half /= 2) {
        if (t < half) fixed[t] += fixed[t + half];
        __syncthreads();
    }
    if (t < 32) {  // one warp, at a barrier of its own
        dynamic[t] = t;
        asm volatile("bar.sync 1, 32;" ::: "memory");
        dynamic[32 + t] = dynamic[31 - t];
    }
    __syncthreads();
    int own[16];
    for (int k = 0; k < 16; ++k) own[k] = k * factors[k % 4];
    atomicAdd(reinterpret_cast<unsigned long long*>(&sums[blockIdx.x]),
              static_cast<unsigned long long>(own[(t + in[0]) & 15]));
    if (t == 0) {
        sums[blockIdx.x + gridDim.x] = fixed[0] + dynamic[32 + 5];
        atomicAdd(&counter, 1);
    }
    values[blockIdx.x * 64 + t] = polynomial(0.5, t % 7);
}

void blocks() {
    constexpr int count = 5;
    Managed<int> in(count * 64);
    Managed<long long> sums(2 * count);
    Managed<double> values(count * 64);
    for (int k = 0; k < count * 64; ++k) in[k] = k * k % 101;
    const int f[4] = {3, -1, 7, 2};
    SELFTEST_CALL(cudaMemcpyToSymbol(factors, f, sizeof f));
    block_operations<<<count, 64, 64 * sizeof(int)>>>(in.data(), sums.data(), values.data());
    SELFTEST_CALL(cudaDeviceSynchronize());
    for (int b = 0; b < count; ++b) {
        long long sum = 0, all = 31 - 5;
        for (int t = 0; t < 64; ++t) sum += ((t + in[0]) & 15) * f[(t + in[0]) & 3], all += in[b * 64 + t];
        expect("atomic sum", sums[b], sum);
        expect("shared sum", sums[count + b], all);
        for (int t = 0; t < 64; ++t) {
            double p = 1.0;
            for (int k = 0; k < t % 7; ++k) p = 1.0 + 0.5 * p;
            expect("call", values[b * 64 + t], p);
        }
    }
    int counted = 0;
    SELFTEST_CALL(cudaMemcpyFromSymbol(&counted, counter, sizeof counted));
    expect("device variable", counted, 5 + count);
}

__global__ void add_one(int* numbers) { ++numbers[threadIdx.x]; }

void streams() {
    cudaStream_t first, second;
    cudaEvent_t event;
    SELFTEST_CALL(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    SELFTEST_CALL(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    SELFTEST_CALL(cudaEventCreate(&event));
    int* numbers;
    SELFTEST_CALL(cudaMallocAsync(&numbers, 32 * sizeof(int), first));
    SELFTEST_CALL(cudaMemsetAsync(numbers, 0, 32 * sizeof(int), first));
    add_one<<<1, 32, 0, first>>>(numbers);
    SELFTEST_CALL(cudaEventRecord(event, first));
    SELFTEST_CALL(cudaStreamWaitEvent(second, event, 0));
    add_one<<<1, 32, 0, second>>>(numbers);
    std::vector<int> host(32);
    SELFTEST_CALL(cudaMemcpyAsync(host.data(), numbers, 32 * sizeof(int), cudaMemcpyDeviceToHost, second));
    SELFTEST_CALL(cudaStreamSynchronize(second));
    for (const int n : host) expect("two streams", n, 2);
    SELFTEST_CALL(cudaFreeAsync(numbers, second));
    SELFTEST_CALL(cudaStreamDestroy(first));
    SELFTEST_CALL(cudaStreamDestroy(second));
    void* much = nullptr;
    expect("too much memory", cudaMalloc(&much, std::size_t{1} << 50), cudaErrorMemoryAllocation);
    expect("its error is kept", cudaGetLastError(), cudaErrorMemoryAllocation);
    expect("and forgotten", cudaGetLastError(), cudaSuccess);
    add_one<<<1, 1025>>>(numbers);
    expect("too many threads", cudaGetLastError(), cudaErrorInvalidConfiguration);
    add_one<<<1, 32, 100000>>>(numbers);
    expect("shared memory that nobody asked for", cudaGetLastError(), cudaErrorInvalidValue);
}

__global__ void approximate(float* out) {
    const float x = 0.5F + threadIdx.x / 64.0F;
    float* o = out + 4 * threadIdx.x;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(o[0]) : "f"(x));
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(o[1]) : "f"(x));
    asm("sin.approx.ftz.f32 %0, %1;" : "=f"(o[2]) : "f"(x));
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(o[3]) : "f"(x));
}

void approximations() {
    Managed<float> out(4 * 64);
    approximate<<<1, 64>>>(out.data());
    SELFTEST_CALL(cudaDeviceSynchronize());
    double largest[4] = {};
    for (int t = 0; t < 64; ++t) {
        const double x = 0.5 + t / 64.0, exact[4] = {1 / std::sqrt(x), std::log2(x), std::sin(x), std::sqrt(x)};
        for (int e = 0; e < 4; ++e) {
            const double scale = e == 0 || e == 3 ? exact[e] : 1.0;
            largest[e] = std::max(largest[e], std::fabs(out[4 * t + e] - exact[e]) / scale);
        }
    }
    const double bounds[4] = {std::exp2(-22.9), std::exp2(-22), std::exp2(-20.5), std::exp2(-23)};
    for (int e = 0; e < 4; ++e) {
        std::printf("approximation %d: error at most %.2g of its bound\n", e, largest[e] / bounds[e]);
        if (largest[e] > bounds[e] * 1.0000001) ++failures;
    }
}

}  // namespace

Tests execution_tests() {
    return {{"warps", warps}, {"blocks", blocks}, {"streams", streams}, {"approximations", approximations}};
}

}  // namespace selftest
