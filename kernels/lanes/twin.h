#pragma once

#include "kernels/lanes/arithmetic.h"

#include <cstdint>
#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Two packs side by side, for instruction-level parallelism: every operation is done on both halves in turn. One
/// pack's Philox and Box–Muller are chains of dependent instructions, too long for a processor to look past them to the
/// next block; two independent chains, interleaved in the instruction stream, keep its vector units busy (measured:
/// twice as fast on AVX-512). Supports the primitives of arithmetic.h and pack.h that its halves support.
template <class P>
struct Twin {
    using Half = P;
    P first;
    P second;
    Twin() = default;
    STATIONARY_HD Twin(P a, P b) : first(a), second(b) {}
    template <class Number>
    STATIONARY_HD explicit Twin(Number x)
        : first(static_cast<typename P::Number>(x)), second(static_cast<typename P::Number>(x)) {}
};

template <class P>
STATIONARY_HD Twin<P> operator+(Twin<P> a, Twin<P> b) {
    return {a.first + b.first, a.second + b.second};
}
template <class P>
STATIONARY_HD Twin<P> operator-(Twin<P> a, Twin<P> b) {
    return {a.first - b.first, a.second - b.second};
}
template <class P>
STATIONARY_HD Twin<P> operator*(Twin<P> a, Twin<P> b) {
    return {a.first * b.first, a.second * b.second};
}
template <class P>
STATIONARY_HD Twin<P> operator^(Twin<P> a, Twin<P> b) {
    return {a.first ^ b.first, a.second ^ b.second};
}
template <class P>
STATIONARY_HD Twin<P> operator+(Twin<P> a, std::uint32_t b) {
    return {a.first + b, a.second + b};
}
template <class P>
STATIONARY_HD Twin<P> operator-(Twin<P> a, std::uint32_t b) {
    return {a.first - b, a.second - b};
}
template <class P>
STATIONARY_HD Twin<P> operator*(Twin<P> a, std::uint32_t b) {
    return {a.first * b, a.second * b};
}
template <class P>
STATIONARY_HD Twin<P> operator&(Twin<P> a, std::uint32_t b) {
    return {a.first & b, a.second & b};
}
template <class P>
STATIONARY_HD Twin<P> operator^(Twin<P> a, std::uint32_t b) {
    return {a.first ^ b, a.second ^ b};
}
template <class P>
STATIONARY_HD Twin<P> operator<<(Twin<P> a, int b) {
    return {a.first << b, a.second << b};
}
template <class P>
STATIONARY_HD Twin<P> operator>>(Twin<P> a, int b) {
    return {a.first >> b, a.second >> b};
}
template <class P>
STATIONARY_HD Twin<P> minimum(Twin<P> a, Twin<P> b) {
    return {minimum(a.first, b.first), minimum(a.second, b.second)};
}
template <class P>
STATIONARY_HD Twin<P> maximum(Twin<P> a, Twin<P> b) {
    return {maximum(a.first, b.first), maximum(a.second, b.second)};
}
template <class P>
STATIONARY_HD Twin<P> select_by_top_bit(Twin<P> w, Twin<P> a, Twin<P> b) {
    return {select_by_top_bit(w.first, a.first, b.first), select_by_top_bit(w.second, a.second, b.second)};
}
template <class P>
STATIONARY_HD Twin<P> fused_multiply_add(Twin<P> a, Twin<P> b, Twin<P> c) {
    return {fused_multiply_add(a.first, b.first, c.first), fused_multiply_add(a.second, b.second, c.second)};
}
template <class P>
STATIONARY_HD Twin<P> square_root(Twin<P> x) {
    return {square_root(x.first), square_root(x.second)};
}

/// f applied to both halves, for operations whose result has another type.
template <class P, class F>
STATIONARY_HD auto on_halves(Twin<P> x, F&& f) {
    using Result = decltype(f(x.first));
    return Twin<Result>{f(x.first), f(x.second)};
}
template <class P>
STATIONARY_HD auto as_word(Twin<P> x) {
    return on_halves(x, [](P half) { return as_word(half); });
}
template <class P>
STATIONARY_HD auto as_float(Twin<P> x) {
    return on_halves(x, [](P half) { return as_float(half); });
}
template <class P>
STATIONARY_HD auto unsigned_to_float(Twin<P> x) {
    return on_halves(x, [](P half) { return unsigned_to_float(half); });
}
template <class P>
STATIONARY_HD auto signed_to_float(Twin<P> x) {
    return on_halves(x, [](P half) { return signed_to_float(half); });
}
template <class Real, class P>
STATIONARY_HD Real widen(Twin<P> x) {
    return {widen<typename Real::Half>(x.first), widen<typename Real::Half>(x.second)};
}

/// Upper and lower words of the widening products of both halves.
template <class High, class Low>
struct TwinProduct {
    Twin<High> high;
    Twin<Low> low;
};
template <class P>
STATIONARY_HD auto multiply_wide(Twin<P> a, std::uint32_t b) {
    const auto first = multiply_wide(a.first, b);
    const auto second = multiply_wide(a.second, b);
    using Product = TwinProduct<std::remove_cvref_t<decltype(first.high)>, std::remove_cvref_t<decltype(first.low)>>;
    return Product{{first.high, second.high}, {first.low, second.low}};
}
template <class Order>
struct TwinOrder {
    template <class P>
    STATIONARY_HD auto operator()(Twin<P> w) const {
        return on_halves(w, Order{});
    }
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
