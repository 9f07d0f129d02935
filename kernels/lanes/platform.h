#pragma once

// What differs between compilers and targets, in one place. Kernel code is compiled for the device by nvcc, for the
// host by nvcc's host compiler, and for the CPU backend once per SIMD level; each level has its own inline namespace,
// so that the linker can never hand a function compiled for one instruction set to code that runs on another.

#if defined(__CUDACC__)
#define STATIONARY_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
#define STATIONARY_HD inline __attribute__((always_inline))
#else
#error "stationary needs g++, clang++ or nvcc"
#endif

// A function that stays one on the CPU, so that what it computes with does not crowd its caller out of the registers.
#if defined(__CUDACC__)
#define STATIONARY_OUTLINED_HD STATIONARY_HD
#else
#define STATIONARY_OUTLINED_HD inline __attribute__((noinline))
#endif

// The same where an fma is emulated: there a call costs nothing beside the work, and halves the time to compile.
#if defined(__CUDACC__) || defined(__FMA__) || defined(__aarch64__)
#define STATIONARY_OUTLINED_WITHOUT_FMA_HD STATIONARY_HD
#else
#define STATIONARY_OUTLINED_WITHOUT_FMA_HD STATIONARY_OUTLINED_HD
#endif

#if defined(__CUDA_ARCH__)
#define STATIONARY_UNROLL _Pragma("unroll")
#elif defined(__CUDACC__)
#define STATIONARY_UNROLL  // nvcc's host pass knows neither pragma
#elif defined(__clang__)
#define STATIONARY_UNROLL _Pragma("clang loop unroll(enable)")
#else
#define STATIONARY_UNROLL _Pragma("GCC unroll 16")
#endif

// The same with a number of passes per branch that is known when compiling: 1 to leave a loop one.
#if defined(__CUDA_ARCH__)
#define STATIONARY_PRAGMA(text) _Pragma(#text)
#define STATIONARY_UNROLL_ON_DEVICE_BY(passes) STATIONARY_PRAGMA(unroll(passes))
#else
#define STATIONARY_UNROLL_ON_DEVICE_BY(passes)
#endif

// For a loop that is long enough as it is.
#if defined(__CUDA_ARCH__)
#define STATIONARY_NO_UNROLL _Pragma("unroll 1")
#else
#define STATIONARY_NO_UNROLL
#endif

// For loops whose indices must be known when compiling for the device (registers cannot be indexed) but which are
// better left to the compiler's judgement elsewhere.
#if defined(__CUDA_ARCH__)
#define STATIONARY_UNROLL_ON_DEVICE _Pragma("unroll")
#else
#define STATIONARY_UNROLL_ON_DEVICE
#endif

#ifndef STATIONARY_SIMD_LEVEL
#define STATIONARY_SIMD_LEVEL portable
#endif

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// On a GPU, keeps the compiler from holding in registers what it has read from memory.
STATIONARY_HD void forget_memory() {
#if defined(__CUDA_ARCH__)
    asm volatile("" ::: "memory");
#endif
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
