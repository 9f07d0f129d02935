// Errors planted for the emulator to find, and one kernel that only looks like one.

#include "tests/cuda_emulator/selftest.h"

namespace selftest {
namespace {

__global__ void add_one(int* numbers) { ++numbers[threadIdx.x]; }
__global__ void write_beyond(int* numbers) { numbers[threadIdx.x + 1] = 1; }
__global__ void write_beyond_shared(int* out) {
    extern __shared__ int values[];
    values[threadIdx.x + 1] = 1;
    out[threadIdx.x] = values[threadIdx.x];
}
__global__ void read_misaligned(const char* in, int* out) { *out = *reinterpret_cast<const int*>(in + 2); }
__global__ void race_in_block(int* out) {
    __shared__ int values[64];
    values[threadIdx.x] = static_cast<int>(threadIdx.x);
    out[threadIdx.x] = values[63 - threadIdx.x];
}
__global__ void race_in_warp(int* out) {
    __shared__ int values[32];
    values[threadIdx.x] = static_cast<int>(threadIdx.x);
    values[threadIdx.x] += __shfl_xor_sync(~0U, 1, 1);  // a shuffle orders nothing
    out[threadIdx.x] = values[31 - threadIdx.x];
}
__global__ void ordered_in_warp(int* out) {
    __shared__ int values[32];
    values[threadIdx.x] = static_cast<int>(threadIdx.x);
    __syncwarp();
    out[threadIdx.x] = values[31 - threadIdx.x];
}
__global__ void race_of_blocks(int* out) { *out += 1; }
__global__ void race_after_reads(int* out) {
    __shared__ int value;
    if (threadIdx.x == 0) value = 1;
    __syncthreads();
    out[threadIdx.x] = value;
    if (threadIdx.x == blockDim.x - 1) value = 2;
}
__global__ void race_of_reader_and_writer(int* out) {
    const int before = out[0];
    if (blockIdx.x > 0)
        out[0] = before + 1;
    else
        out[1] = before;
}
__global__ void barrier_for_some(int* out) {
    if (threadIdx.x < 32) __syncthreads();
    out[threadIdx.x] = 1;
}
__global__ void two_barriers(int* out) {
    if (threadIdx.x < 32)
        asm volatile("bar.sync 1;" ::: "memory");
    else
        asm volatile("bar.sync 2;" ::: "memory");
    out[threadIdx.x] = 1;
}
__global__ void wrong_mask_of_warp(int* out) {
    if (threadIdx.x < 16) out[threadIdx.x] = __shfl_xor_sync(~0U, 1, 16);
}
__global__ void rounds_to_zero(float* out) { *out = __fadd_rz(*out, 1.0F); }

template <class Launch>
void with_numbers(Launch launch, std::size_t count = 64, bool fill = true) {
    int* numbers;
    SELFTEST_CALL(cudaMalloc(&numbers, count * sizeof(int)));
    if (fill) SELFTEST_CALL(cudaMemset(numbers, 0, count * sizeof(int)));
    launch(numbers);
    static_cast<void>(cudaDeviceSynchronize());
}

}  // namespace

Tests error_tests() {
    return {
        {"ordered_in_warp", [] { with_numbers([](int* n) { ordered_in_warp<<<1, 32>>>(n); }); }},
        {"wrong_index", [] { with_numbers([](int* n) { write_beyond<<<1, 64>>>(n); }); }},
        {"wrong_shared_index", [] { with_numbers([](int* n) { write_beyond_shared<<<1, 64, 256>>>(n); }); }},
        {"wrong_alignment",
         [] { with_numbers([](int* n) { read_misaligned<<<1, 1>>>(reinterpret_cast<char*>(n), n + 8); }); }},
        {"wrong_use_after_free",
         [] {
             with_numbers([](int* n) {
                 SELFTEST_CALL(cudaFree(n));
                 add_one<<<1, 64>>>(n);
             });
         }},
        {"wrong_unwritten", [] { with_numbers([](int* n) { add_one<<<1, 64>>>(n); }, 64, false); }},
        {"wrong_race_in_block", [] { with_numbers([](int* n) { race_in_block<<<1, 64>>>(n); }); }},
        {"wrong_race_in_warp", [] { with_numbers([](int* n) { race_in_warp<<<1, 32>>>(n); }); }},
        {"wrong_race_of_blocks", [] { with_numbers([](int* n) { race_of_blocks<<<4, 1>>>(n); }); }},
        {"wrong_race_after_reads", [] { with_numbers([](int* n) { race_after_reads<<<1, 64>>>(n); }); }},
        {"wrong_race_of_reader_and_writer",
         [] { with_numbers([](int* n) { race_of_reader_and_writer<<<2, 1>>>(n); }); }},
        {"wrong_barrier_for_some", [] { with_numbers([](int* n) { barrier_for_some<<<1, 64>>>(n); }); }},
        {"wrong_two_barriers", [] { with_numbers([](int* n) { two_barriers<<<1, 64>>>(n); }); }},
        {"wrong_mask", [] { with_numbers([](int* n) { wrong_mask_of_warp<<<1, 32>>>(n); }); }},
        {"wrong_opcode", [] { with_numbers([](int* n) { rounds_to_zero<<<1, 1>>>(reinterpret_cast<float*>(n)); }); }},
        {"wrong_stream",
         [] {  // a stream that waits for no other reads what the first has not made yet
             int* numbers;
             cudaStream_t first, second;
             SELFTEST_CALL(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
             SELFTEST_CALL(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
             SELFTEST_CALL(cudaMallocAsync(&numbers, 256, first));
             SELFTEST_CALL(cudaMemsetAsync(numbers, 0, 256, first));
             add_one<<<1, 64, 0, second>>>(numbers);
             static_cast<void>(cudaStreamSynchronize(second));
         }},
    };
}

}  // namespace selftest
