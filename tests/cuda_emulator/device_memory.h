// How translated kernels reach memory: state spaces, checks, atomics.
#pragma once

#include "tests/cuda_emulator/device.h"

INLINE u8* place_of(const struct EmulatorThread* t, int space, u64 address) {
    switch (space) {
        case space_shared:
            return t->shared + (u32)address;
        case space_global:
        case space_const:
            return (u8*)(address + t->delta);
        case space_generic:
            return (u8*)(address - t->window < t->window_size ? address + t->delta : address);
        default:
            return (u8*)address;
    }
}

#ifdef EMULATOR_CHECKED
#define CHECK(space, address, size, access, place) emulator_check(t, space, address, size, access, place)
#else
#define CHECK(space, address, size, access, place) ((void)0)
#endif
#define AT(type, space, address) (*(type*)place_of(t, space, address))

INLINE u64 to_generic(const struct EmulatorThread* t, int space, u64 address) {
    return space == space_shared ? (u64)(t->shared + (u32)address) : address;
}
INLINE u64 from_generic(const struct EmulatorThread* t, int space, u64 address) {
    return space == space_shared ? address - (u64)t->shared : address;
}

#define ATOMIC(name, type, expression)                                                               \
    INLINE type name(type* place, type b, type c) {                                                  \
        type a, next;                                                                                \
        (void)c;                                                                                     \
        __atomic_load(place, &a, __ATOMIC_RELAXED);                                                  \
        do next = (expression);                                                                      \
        while (!__atomic_compare_exchange(place, &a, &next, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)); \
        return a;                                                                                    \
    }
#define ATOMICS(T)                         \
    ATOMIC(atom_add_##T, T, a + b)         \
    ATOMIC(atom_min_##T, T, a < b ? a : b) \
    ATOMIC(atom_max_##T, T, a > b ? a : b) \
    ATOMIC(atom_exch_##T, T, b)
#define INTEGER_ATOMICS(T)                      \
    ATOMICS(T)                                  \
    ATOMIC(atom_and_##T, T, a& b)               \
    ATOMIC(atom_or_##T, T, a | b)               \
    ATOMIC(atom_xor_##T, T, a ^ b)              \
    ATOMIC(atom_cas_##T, T, a == b ? c : a)     \
    ATOMIC(atom_inc_##T, T, a >= b ? 0 : a + 1) \
    ATOMIC(atom_dec_##T, T, a == 0 || a > b ? b : a - 1)
INTEGER_ATOMICS(u32)
INTEGER_ATOMICS(u64)
INTEGER_ATOMICS(i32)
INTEGER_ATOMICS(i64)
ATOMICS(f32)
ATOMICS(f64)
