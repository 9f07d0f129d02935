// The integer arithmetic of PTX in C.
#pragma once

#include "tests/cuda_emulator/device.h"

#define SHIFTS(bits)                                                                                         \
    INLINE u##bits shl_u##bits(u##bits a, u32 n) { return n >= bits ? 0 : (u##bits)(a << n); }               \
    INLINE u##bits shr_u##bits(u##bits a, u32 n) { return n >= bits ? 0 : (u##bits)(a >> n); }               \
    INLINE i##bits shr_i##bits(i##bits a, u32 n) { return (i##bits)(a >> (n >= bits ? bits - 1 : n)); }      \
    INLINE u##bits div_u##bits(u##bits a, u##bits b) { return b == 0 ? (u##bits) ~(u##bits)0 : a / b; }      \
    INLINE u##bits rem_u##bits(u##bits a, u##bits b) { return b == 0 ? a : a % b; }                          \
    INLINE i##bits div_i##bits(i##bits a, i##bits b) {                                                       \
        return b == 0 ? (i##bits) - 1 : b == -1 ? (i##bits)(0 - (u##bits)a) : (i##bits)(a / b);              \
    }                                                                                                        \
    INLINE i##bits rem_i##bits(i##bits a, i##bits b) { return b == 0 ? a : b == -1 ? 0 : (i##bits)(a % b); } \
    INLINE i##bits abs_i##bits(i##bits a) { return a < 0 ? (i##bits)(0 - (u##bits)a) : a; }
SHIFTS(16)
SHIFTS(32)
SHIFTS(64)

INLINE u16 mulhi_u16(u16 a, u16 b) { return (u16)((u32)a * b >> 16); }
INLINE i16 mulhi_i16(i16 a, i16 b) { return (i16)((i32)a * b >> 16); }
INLINE u32 mulhi_u32(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
INLINE i32 mulhi_i32(i32 a, i32 b) { return (i32)((i64)a * b >> 32); }
INLINE u64 mulhi_u64(u64 a, u64 b) { return (u64)((unsigned __int128)a * b >> 64); }
INLINE i64 mulhi_i64(i64 a, i64 b) { return (i64)((__int128)a * b >> 64); }

INLINE u32 popc_u32(u32 a) { return (u32)__builtin_popcount(a); }
INLINE u32 popc_u64(u64 a) { return (u32)__builtin_popcountll(a); }
INLINE u32 clz_u32(u32 a) { return a == 0 ? 32 : (u32)__builtin_clz(a); }
INLINE u32 clz_u64(u64 a) { return a == 0 ? 64 : (u32)__builtin_clzll(a); }
INLINE u32 brev_u32(u32 a) {
    u32 r = 0;
    for (int k = 0; k < 32; ++k) r |= (a >> k & 1) << (31 - k);
    return r;
}
INLINE u64 brev_u64(u64 a) { return (u64)brev_u32((u32)a) << 32 | brev_u32((u32)(a >> 32)); }
INLINE u64 bfe_u(u64 a, u32 position, u32 length, u32 bits) {
    position &= 255, length &= 255;
    if (position >= bits || length == 0) return 0;
    a >>= position;
    return length >= 64 ? a : a & (((u64)1 << length) - 1);
}
INLINE i64 bfe_s(i64 a, u32 position, u32 length, u32 bits) {
    position &= 255, length &= 255;
    if (length == 0) return 0;
    const u32 top = position + length - 1 < bits - 1 ? position + length - 1 : bits - 1;
    const i64 sign = -(a >> top & 1);
    if (position >= bits) return sign;
    const u32 kept = top - position + 1;
    const u64 mask = kept >= 64 ? ~(u64)0 : ((u64)1 << kept) - 1;
    return (i64)(((u64)a >> position & mask) | ((u64)sign & ~mask));
}
INLINE u64 bfi(u64 a, u64 b, u32 position, u32 length, u32 bits) {
    position &= 255, length &= 255;
    if (position >= bits || length == 0) return b;
    const u64 mask = (length >= 64 ? ~(u64)0 : ((u64)1 << length) - 1) << position;
    return (b & ~mask) | (a << position & mask);
}
INLINE u32 prmt(u32 a, u32 b, u32 selector) {
    const u64 bytes = (u64)b << 32 | a;
    u32 r = 0;
    for (int k = 0; k < 4; ++k) {
        const u32 s = selector >> 4 * k & 15;
        u32 byte = (u32)(bytes >> 8 * (s & 7)) & 255;
        if (s & 8) byte = byte & 128 ? 255 : 0;
        r |= byte << 8 * k;
    }
    return r;
}
INLINE u64 lop3(u64 a, u64 b, u64 c, u32 table) {
    u64 r = 0;
    if (table & 0x80) r |= a & b & c;
    if (table & 0x40) r |= a & b & ~c;
    if (table & 0x20) r |= a & ~b & c;
    if (table & 0x10) r |= a & ~b & ~c;
    if (table & 0x08) r |= ~a & b & c;
    if (table & 0x04) r |= ~a & b & ~c;
    if (table & 0x02) r |= ~a & ~b & c;
    if (table & 0x01) r |= ~a & ~b & ~c;
    return r;
}
INLINE u32 funnel_left(u32 low, u32 high, u32 n) { return n == 0 ? high : n >= 32 ? low : high << n | low >> (32 - n); }
INLINE u32 funnel_right(u32 low, u32 high, u32 n) {
    return n == 0 ? low : n >= 32 ? high : high << (32 - n) | low >> n;
}
INLINE u64 add_carry(u64 a, u64 b, u32 in, u32 bits, u32* out) {
    const unsigned __int128 sum = (unsigned __int128)a + b + in;
    *out = (u32)(sum >> bits) & 1;
    return (u64)sum;
}
INLINE u64 subtract_borrow(u64 a, u64 b, u32 in, u32 bits, u32* out) {
    const unsigned __int128 difference = (unsigned __int128)a - b - in;
    *out = (u32)(difference >> bits) & 1;
    return (u64)difference;
}
