// What translated kernels are made of: the types, threads and memory accesses of PTX in C. The emulator itself, in C++,
// includes it too.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef float f32;
typedef double f64;

#ifdef __cplusplus
extern "C" {
#endif

// A thread of a block as a translated kernel sees it.
struct EmulatorThread {
    u32 tid[3], ntid[3], ctaid[3], nctaid[3];
    u32 index, lane, warp;
    u32 static_shared, shared_size;  // bytes; shared memory is addressed from 0, the dynamic part last
    u8* shared;
    u64 window, window_size;  // the addresses of device memory, which lies `delta` higher in this process
    u64 delta;
    u64 local_first, local_last;  // its stack, where arrays in local memory lie
    const u8* parameters;
    u32 parameter_bytes;
    u32 carry;
};

// A variable of a PTX module that kernels share: `*address` is set when the kernel is loaded.
struct EmulatorVariable {
    const char* name;
    u64 size;
    const u8* initial;  // or null: zeros
    u64* address;       // of the emulated device
};

// What a translated kernel exports as `emulator_kernel`.
struct EmulatorKernel {
    void (*run)(struct EmulatorThread*, const u8*);
    u32 static_shared, most_threads, parameters;
    const u32* parameter_offsets;
    const u32* parameter_sizes;
    u32 variables;
    const struct EmulatorVariable* variable;
};

enum EmulatorAccess { emulator_read = 1, emulator_write = 2, emulator_atomic = 4 };
enum EmulatorSpace { space_generic, space_global, space_shared, space_local, space_param, space_const };
enum EmulatorCollective {
    warp_sync,
    shuffle_up,
    shuffle_down,
    shuffle_xor,
    shuffle_index,
    vote_all,
    vote_any,
    vote_uniform,
    vote_ballot,
    match_any,
    match_all,
    reduce_add,
    reduce_min_u,
    reduce_max_u,
    reduce_min_s,
    reduce_max_s,
    reduce_and,
    reduce_or,
    reduce_xor
};

// In translated_calls.cpp. `place` says where in the source the instruction stands.
void emulator_check(struct EmulatorThread*, int space, u64 address, u32 size, int access, const char* place);
void emulator_barrier(struct EmulatorThread*, u32 number, u32 threads, const char* place);
u64 emulator_warp(struct EmulatorThread*, int kind, u32 mask, u64 a, u32 b, u32 c, u8* predicate, const char* place);
void emulator_fault(struct EmulatorThread*, const char* what, const char* place);
f32 emulator_approximate(f64 value, f64 relative, f64 absolute);
u64 emulator_clock(void);

#ifdef __cplusplus
}
#endif

#define INLINE static inline __attribute__((always_inline, unused))

INLINE f32 as_f32(u32 x) {
    f32 y;
    memcpy(&y, &x, 4);
    return y;
}
INLINE u32 as_u32(f32 x) {
    u32 y;
    memcpy(&y, &x, 4);
    return y;
}
INLINE f64 as_f64(u64 x) {
    f64 y;
    memcpy(&y, &x, 8);
    return y;
}
INLINE u64 as_u64(f64 x) {
    u64 y;
    memcpy(&y, &x, 8);
    return y;
}
