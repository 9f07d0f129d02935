// The emulator's arithmetic; the host's own operations are the reference.

#include "tests/cuda_emulator/selftest.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace selftest {
namespace {

struct Numbers {
    std::uint32_t a, b, c;
    std::uint64_t l, m;
    float x, y, z;
    double u, v, w;
};
struct Integers {
    std::uint32_t i[24];
};
struct Longs {
    std::uint64_t l[10];
};
struct Floats {
    float x[20];
};
struct Doubles {
    double u[10];
};
struct Results {
    Integers integers;
    Longs longs;
    Floats floats;
    Doubles doubles;
};

__device__ Integers compute_integers(const Numbers& n) {
    Integers r{};
    std::uint32_t(&i)[24] = r.i;
    i[0] = n.a + n.b, i[1] = n.a * n.b, i[2] = __umulhi(n.a, n.b), i[3] = __mulhi(n.a, n.b), i[4] = n.a / (n.b | 1),
    i[5] = n.a % (n.b | 1);
    i[6] = static_cast<std::int32_t>(n.a) >> (n.b & 31), i[7] = __popc(n.a), i[8] = __clz(n.a), i[9] = __brev(n.a),
    i[10] = __byte_perm(n.a, n.b, n.c);
    i[11] = __funnelshift_l(n.a, n.b, n.c), i[12] = __funnelshift_rc(n.a, n.b, n.c & 63);
    asm("lop3.b32 %0, %1, %2, %3, 0x2d;" : "=r"(i[13]) : "r"(n.a), "r"(n.b), "r"(n.c));
    asm("bfe.u32 %0, %1, %2, %3;" : "=r"(i[14]) : "r"(n.a), "r"(n.b & 31), "r"(n.c & 31));
    asm("bfe.s32 %0, %1, %2, %3;" : "=r"(i[15]) : "r"(n.a), "r"(n.b & 31), "r"(n.c & 31));
    asm("bfi.b32 %0, %1, %2, %3, %4;" : "=r"(i[16]) : "r"(n.a), "r"(n.b), "r"(n.c & 31), "r"(n.b & 31));
    i[17] = __float2int_rz(n.x), i[18] = __float2int_rn(n.x), i[19] = __float2uint_rd(n.x),
    i[20] = __double2int_ru(n.u);
    i[21] = static_cast<std::uint8_t>(n.a), i[22] = static_cast<std::int16_t>(n.a),
    i[23] = max(static_cast<int>(n.a), static_cast<int>(n.b));
    return r;
}

__device__ Longs compute_longs(const Numbers& n) {
    Longs r{};
    std::uint64_t(&l)[10] = r.l;
    l[0] = n.l * n.m, l[1] = __umul64hi(n.l, n.m), l[2] = n.l / (n.m | 1),
    l[3] = static_cast<std::uint64_t>(static_cast<std::int64_t>(n.l) % (static_cast<std::int64_t>(n.m >> 40) + 1));
    l[4] = n.l >> (n.b & 63), l[5] = static_cast<std::uint64_t>(__double2ll_rn(n.u)),
    l[6] = static_cast<std::uint64_t>(n.a) * n.b;
    const unsigned __int128 wide = static_cast<unsigned __int128>(n.l) * n.m + n.l - n.m;
    l[7] = static_cast<std::uint64_t>(wide), l[8] = static_cast<std::uint64_t>(wide >> 64), l[9] = __brevll(n.l);
    return r;
}

__device__ Floats compute_floats(const Numbers& n) {
    Floats r{};
    float(&x)[20] = r.x;
    x[0] = __fadd_rn(n.x, n.y), x[1] = __fmul_rn(n.x, n.y), x[2] = __fmaf_rn(n.x, n.y, n.z), x[3] = __fdiv_rn(n.x, n.y),
    x[4] = __fsqrt_rn(fabsf(n.x));
    x[5] = fminf(n.x, n.y), x[6] = fmaxf(n.x, -n.x), x[7] = rintf(n.x), x[8] = floorf(n.y), x[9] = truncf(n.z),
    x[10] = static_cast<float>(n.u);
    x[11] = static_cast<float>(n.a), x[12] = static_cast<float>(static_cast<std::int32_t>(n.a)),
    x[13] = static_cast<float>(n.l), x[14] = -n.x;
    x[15] = fabsf(n.y), x[16] = copysignf(n.x, n.y), x[17] = __int_as_float(n.a & 0x7fffff),
    x[18] = n.x < n.y ? n.z : n.x, x[19] = __frcp_rn(n.y);
    return r;
}

__device__ Doubles compute_doubles(const Numbers& n) {
    Doubles r{};
    double(&u)[10] = r.u;
    u[0] = n.u + n.v, u[1] = n.u * n.v, u[2] = fma(n.u, n.v, n.w), u[3] = n.u / n.v, u[4] = sqrt(fabs(n.u)),
    u[5] = fmin(n.u, n.v), u[6] = n.x;
    u[7] = static_cast<double>(n.l), u[8] = static_cast<double>(static_cast<std::int64_t>(n.l)), u[9] = rint(n.v);
    return r;
}

__global__ void compute(const Numbers* numbers, Results* results) {
    const unsigned k = blockIdx.x * blockDim.x + threadIdx.x;
    const Numbers n = numbers[k];
    results[k] = {compute_integers(n), compute_longs(n), compute_floats(n), compute_doubles(n)};
}

std::uint32_t reversed(std::uint32_t a) {
    std::uint32_t r = 0;
    for (int k = 0; k < 32; ++k) r = r << 1 | (a >> k & 1);
    return r;
}
template <class T>
T saturated(double x) {
    if (x != x) return 0;
    return x <= static_cast<double>(std::numeric_limits<T>::min())   ? std::numeric_limits<T>::min()
           : x >= static_cast<double>(std::numeric_limits<T>::max()) ? std::numeric_limits<T>::max()
                                                                     : static_cast<T>(x);
}

/// By their definitions in the PTX manual. Sign replication is left out: `actual` there.
std::uint32_t permuted(const Numbers& n, std::uint32_t actual) {
    if (n.c & 0x8888) return actual;
    const std::uint64_t both = static_cast<std::uint64_t>(n.b) << 32 | n.a;
    std::uint32_t bytes = 0;
    for (int b = 0; b < 4; ++b) bytes |= static_cast<std::uint32_t>(both >> 8 * (n.c >> 4 * b & 7) & 255) << 8 * b;
    return bytes;
}
std::uint32_t signed_field(const Numbers& n) {
    const std::uint32_t p = n.b & 31, length = n.c & 31, kept = std::min(length, 32 - p);
    const std::uint32_t top = std::min(p + length - 1, 31U), mask = kept == 32 ? ~0U : (1U << kept) - 1;
    const bool negative = length > 0 && (n.a >> top & 1) != 0;
    return (n.a >> p & ((1U << length) - 1)) | (negative ? ~mask : 0);
}
std::uint32_t inserted(const Numbers& n) {
    const std::uint32_t to = n.c & 31, mask = ((1U << (n.b & 31)) - 1) << to;
    return (n.b & ~mask) | (n.a << to & mask);
}

Integers expected_integers(const Numbers& n, const Integers& actual) {
    const auto sa = static_cast<std::int32_t>(n.a), sb = static_cast<std::int32_t>(n.b);
    const std::uint64_t both = static_cast<std::uint64_t>(n.b) << 32 | n.a;
    const std::uint32_t left = n.c & 31, right = std::min(n.c & 63, 32U);
    return {{n.a + n.b,
             n.a * n.b,
             static_cast<std::uint32_t>(static_cast<std::uint64_t>(n.a) * n.b >> 32),
             static_cast<std::uint32_t>(static_cast<std::int64_t>(sa) * sb >> 32),
             n.a / (n.b | 1),
             n.a % (n.b | 1),
             static_cast<std::uint32_t>(sa >> (n.b & 31)),
             static_cast<std::uint32_t>(__builtin_popcount(n.a)),
             n.a == 0 ? 32 : static_cast<std::uint32_t>(__builtin_clz(n.a)),
             reversed(n.a),
             permuted(n, actual.i[10]),
             static_cast<std::uint32_t>(both << left >> 32),
             static_cast<std::uint32_t>(right == 32 ? both >> 32 : both >> right),
             (n.a & ~n.b & n.c) | (~n.a & n.b & n.c) | (~n.a & n.b & ~n.c) | (~n.a & ~n.b & ~n.c),
             n.a >> (n.b & 31) & ((1U << (n.c & 31)) - 1),
             signed_field(n),
             inserted(n),
             static_cast<std::uint32_t>(saturated<std::int32_t>(std::trunc(n.x))),
             static_cast<std::uint32_t>(saturated<std::int32_t>(std::rint(n.x))),
             saturated<std::uint32_t>(std::floor(n.x)),
             static_cast<std::uint32_t>(saturated<std::int32_t>(std::ceil(n.u))),
             n.a & 255,
             static_cast<std::uint32_t>(static_cast<std::int16_t>(n.a)),
             static_cast<std::uint32_t>(std::max(sa, sb))}};
}

Longs expected_longs(const Numbers& n) {
    const unsigned __int128 product = static_cast<unsigned __int128>(n.l) * n.m;
    const unsigned __int128 wide = product + n.l - n.m;
    const auto low = static_cast<std::uint32_t>(n.l), high = static_cast<std::uint32_t>(n.l >> 32);
    return {{n.l * n.m, static_cast<std::uint64_t>(product >> 64), n.l / (n.m | 1),
             static_cast<std::uint64_t>(static_cast<std::int64_t>(n.l) % (static_cast<std::int64_t>(n.m >> 40) + 1)),
             n.l >> (n.b & 63), static_cast<std::uint64_t>(saturated<std::int64_t>(std::rint(n.u))),
             static_cast<std::uint64_t>(n.a) * n.b, static_cast<std::uint64_t>(wide),
             static_cast<std::uint64_t>(wide >> 64), static_cast<std::uint64_t>(reversed(low)) << 32 | reversed(high)}};
}

Floats expected_floats(const Numbers& n) {
    const std::uint32_t small = n.a & 0x7fffff;
    float denormal = 0;
    std::memcpy(&denormal, &small, sizeof denormal);
    return {{n.x + n.y,
             n.x * n.y,
             std::fma(n.x, n.y, n.z),
             n.x / n.y,
             std::sqrt(std::fabs(n.x)),
             std::fmin(n.x, n.y),
             std::fmax(n.x, -n.x),
             std::rint(n.x),
             std::floor(n.y),
             std::trunc(n.z),
             static_cast<float>(n.u),
             static_cast<float>(n.a),
             static_cast<float>(static_cast<std::int32_t>(n.a)),
             static_cast<float>(n.l),
             -n.x,
             std::fabs(n.y),
             std::copysign(n.x, n.y),
             denormal,
             n.x < n.y ? n.z : n.x,
             1.0F / n.y}};
}

Doubles expected_doubles(const Numbers& n) {
    return {{n.u + n.v, n.u * n.v, std::fma(n.u, n.v, n.w), n.u / n.v, std::sqrt(std::fabs(n.u)), std::fmin(n.u, n.v),
             n.x, static_cast<double>(n.l), static_cast<double>(static_cast<std::int64_t>(n.l)), std::rint(n.v)}};
}

/// Words of all kinds, and numbers of many magnitudes.
void draw(Managed<Numbers>& numbers, int count) {
    std::uint64_t state = 1;
    const auto word = [&] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return state ^ state >> 31;
    };
    for (int k = 0; k < count; ++k) {
        Numbers& n = numbers[k];
        n.a = word(), n.b = k % 7 == 0 ? k : word(), n.c = word(), n.l = word(), n.m = word() >> (k % 40);
        const auto number = [&] {
            const int exponent = -63 + k % 40 - (k % 3 == 0 ? 20 : 0);
            return std::ldexp(static_cast<double>(static_cast<std::int64_t>(word())), exponent);
        };
        n.x = number(), n.y = number(), n.z = number(), n.u = number(), n.v = number(), n.w = number();
    }
}

template <class Number, int size>
void expect_all(const char* what, const Number (&actual)[size], const Number (&expected)[size]) {
    for (int e = 0; e < size; ++e) expect(what + std::to_string(e), actual[e], expected[e]);
}

void arithmetic() {
    constexpr int count = 4096;
    Managed<Numbers> numbers(count);
    Managed<Results> results(count);
    draw(numbers, count);
    compute<<<count / 128, 128>>>(numbers.data(), results.data());
    SELFTEST_CALL(cudaDeviceSynchronize());
    for (int k = 0; k < count; ++k) {
        const Numbers& n = numbers[k];
        const Results& r = results[k];
        expect_all("integer ", r.integers.i, expected_integers(n, r.integers).i);
        expect_all("long ", r.longs.l, expected_longs(n).l);
        expect_all("float ", r.floats.x, expected_floats(n).x);
        expect_all("double ", r.doubles.u, expected_doubles(n).u);
    }
}

}  // namespace

Tests arithmetic_tests() { return {{"arithmetic", arithmetic}}; }

}  // namespace selftest
