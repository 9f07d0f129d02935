// One error for each tool of compute-sanitizer, to show that it looks: gpu_session.sh wants a report of every one.
// usage: planted_errors memcheck|racecheck|initcheck|synccheck

#include "kernels/launch/cuda_call.h"

#include <cstdio>
#include <cstring>

namespace {

constexpr int threads = 128;

/// The last thread writes past the end.
__global__ void write_out_of_bounds(int* numbers, int count) {
    if (static_cast<int>(threadIdx.x) <= count) numbers[threadIdx.x] = 1;
}

/// Reads what the neighbour has written, without a barrier in between.
__global__ void race_for_shared_memory(int* numbers) {
    __shared__ int values[threads];
    values[threadIdx.x] = numbers[threadIdx.x];
    numbers[threadIdx.x] = values[(threadIdx.x + 32) % threads];
}

/// Copies numbers that nobody has written.
__global__ void copy(const int* source, int* target) { target[threadIdx.x] = source[threadIdx.x]; }

/// A barrier that only some threads of the block come to.
__global__ void diverge_at_barrier(int* numbers) {
    if (threadIdx.x < threads / 4) {
        numbers[threadIdx.x] = 1;
        __syncthreads();
    }
}

int* numbers_on_device() {
    int* numbers = nullptr;
    STATIONARY_CUDA_CALL(cudaMalloc(reinterpret_cast<void**>(&numbers), threads * sizeof(int)));
    return numbers;
}

bool run(const char* tool) {
    int* first = numbers_on_device();
    if (std::strcmp(tool, "initcheck") == 0) {
        copy<<<1, threads>>>(first, numbers_on_device());
    } else {
        STATIONARY_CUDA_CALL(cudaMemset(first, 0, threads * sizeof(int)));
        if (std::strcmp(tool, "memcheck") == 0) {
            write_out_of_bounds<<<1, 2 * threads>>>(first, threads);
        } else if (std::strcmp(tool, "racecheck") == 0) {
            race_for_shared_memory<<<1, threads>>>(first);
        } else if (std::strcmp(tool, "synccheck") == 0) {
            diverge_at_barrier<<<1, threads>>>(first);
        } else {
            return false;
        }
    }
    STATIONARY_CUDA_CALL(cudaGetLastError());
    STATIONARY_CUDA_CALL(cudaDeviceSynchronize());
    return true;
}

}  // namespace

int main(int count, char** arguments) try {
    if (count == 2 && run(arguments[1])) return 0;
    std::fputs("usage: planted_errors memcheck|racecheck|initcheck|synccheck\n", stderr);
    return 2;
} catch (const stationary::CudaError& error) {
    std::fprintf(stderr, "planted_errors: %s\n", error.what());
    return 4;
}
