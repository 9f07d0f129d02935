#pragma once

#include <array>
#include <stdexcept>
#include <type_traits>

namespace stationary {

/// Dimensions up to max_compiled_dimension that the step code is compiled for. A model of dimension d runs in the
/// smallest D ≥ d, padded with zeros; the padding changes no bit of the result (dot.h). Kept few, because each costs
/// compile time in every kernel.
constexpr std::array<int, 8> compiled_dimensions{1, 2, 4, 8, 12, 16, 24, 32};

/// The smallest compiled dimension that holds d; 0 if none does.
constexpr int compiled_dimension(int d) {
    for (int compiled : compiled_dimensions) {
        if (d <= compiled) return compiled;
    }
    return 0;
}

/// What the tables of a model of dimension d are padded to: its compiled dimension, or whole quads of components.
constexpr int table_dimension(int d) {
    return d <= compiled_dimensions.back() ? compiled_dimension(d) : (d + 3) / 4 * 4;
}

/// Calls f with std::integral_constant<int, D>, D the compiled dimension of d. Throws std::invalid_argument if there is
/// none.
template <std::size_t Index = 0, class F>
decltype(auto) with_compiled_dimension(int d, F&& f) {
    constexpr int compiled = compiled_dimensions[Index];
    if constexpr (Index + 1 < compiled_dimensions.size()) {
        if (d > compiled) return with_compiled_dimension<Index + 1>(d, f);
    } else {
        if (d > compiled) throw std::invalid_argument("dimension above the largest compiled one");
    }
    return f(std::integral_constant<int, compiled>{});
}

}  // namespace stationary
