#include "bench/ceiling/port_table.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace stationary::bench {
namespace {

constexpr unsigned port_0 = 1;
constexpr unsigned port_1 = 2;
constexpr unsigned port_5 = 4;
constexpr unsigned divider = 8;  ///< the unit of square roots, busy for several cycles
constexpr unsigned all_ports = 63;

constexpr unsigned loads = 16 | 32;
constexpr unsigned wide = port_0 | port_5;  ///< 512 bits: everything but shifts and shuffles
constexpr unsigned any =
    port_0 | port_1 | port_5;                   ///< up to 256 bits: integers and logic; additions on one core or other
constexpr unsigned maths = port_0 | port_1;     ///< up to 256 bits: multiplication, conversion, shifts
constexpr unsigned shuffles = port_1 | port_5;  ///< up to 256 bits

/// `cycles` on one port of a set: for all but the square root, micro-operations.
struct PortUse {
    unsigned ports;
    double cycles;
};
using Cost = std::vector<PortUse>;

struct Row {
    Primitive primitive;
    Cost generic;
    Cost avx2;
    Cost avx512;
};

/// The emulated fma of four floats takes, for each half in double: 3 conversions and one back, a product, 6 additions,
/// 9 operations on bits, a shift, and 7 shuffles (the conversions' included).
const Cost emulated_fma{{maths, 10}, {any, 30}, {maths, 2}, {shuffles, 14}};

const std::vector<Row>& port_table() {
    static const std::vector<Row> table{
        // primitive, 128 bits without fma, 256 bits, 512 bits
        {Primitive::fused_multiply_add, emulated_fma, {{maths, 1}}, {{wide, 1}}},
        {Primitive::double_fused_multiply_add, {{maths, 2}}, {{maths, 1}}, {{wide, 1}}},
        {Primitive::multiply, {{maths, 1}}, {{maths, 1}}, {{wide, 1}}},
        {Primitive::add, {{any, 1}}, {{any, 1}}, {{wide, 1}}},
        {Primitive::integer, {{any, 1}}, {{any, 1}}, {{wide, 1}}},
        {Primitive::three_input_logic, {{any, 2}}, {{any, 2}}, {{wide, 1}}},
        {Primitive::wide_multiply, {{maths, 1}}, {{maths, 1}}, {{wide, 1}}},
        {Primitive::low_multiply, {{maths, 2}, {shuffles, 4}}, {{maths, 2}}, {{wide, 2}}},
        {Primitive::high_half, {{any, 1}}, {{any, 1}}, {{wide, 1}}},
        {Primitive::lane_order, {{shuffles, 2}}, {{any, 2}}, {{port_5, 1}}},
        {Primitive::shift, {{maths, 1}}, {{maths, 1}}, {{port_0, 1}}},
        // Both halves of the word, each exact: a shift, a mask, two conversions, and their sum.
        {Primitive::unsigned_to_float, {{maths, 4}, {any, 2}}, {{maths, 4}, {any, 1}}, {{wide, 1}}},
        {Primitive::signed_to_float, {{maths, 1}}, {{maths, 1}}, {{wide, 1}}},
        {Primitive::square_root,
         {{port_0, 1}, {divider, 3}},
         {{port_0, 1}, {divider, 6}},
         {{port_0, 2}, {port_5, 1}, {divider, 12}}},
        {Primitive::extremum, {{any, 6}}, {{any, 1}}, {{wide, 1}}},
        {Primitive::select, {{maths, 1}, {any, 3}}, {{any, 2}}, {{port_0, 1}, {wide, 1}}},
        {Primitive::widen, {{maths, 2}, {shuffles, 3}}, {{maths, 2}, {port_5, 3}}, {{wide, 2}, {port_5, 3}}},
        {Primitive::load, {{loads, 1}}, {{loads, 1}}, {{loads, 1}}},
        {Primitive::insert, {{any, 1}, {loads, 1}}, {{any, 1}, {loads, 1}}, {{wide, 1}, {loads, 1}}},
        {Primitive::shuffle, {{shuffles, 1}}, {{shuffles, 1}}, {{port_5, 1}}},
    };
    return table;
}

const Cost& cost_of(const Row& row, SimdLevel level) {
    return level == SimdLevel::avx512 ? row.avx512 : level == SimdLevel::avx2 ? row.avx2 : row.generic;
}

}  // namespace

double port_cycles(const PrimitiveCounts& counts, SimdLevel level) {
    std::array<double, all_ports + 1> cycles_on{};  // by the set of ports that may take them
    for (const Row& row : port_table()) {
        for (const PortUse& use : cost_of(row, level)) cycles_on[use.ports] += counts[row.primitive] * use.cycles;
    }
    double longest = 0.0;
    for (unsigned set = 1; set <= all_ports; ++set) {
        double only_here = 0.0;
        for (unsigned ports = 1; ports <= all_ports; ++ports) {
            if ((ports & ~set) == 0) only_here += cycles_on[ports];
        }
        longest = std::max(longest, only_here / std::popcount(set));
    }
    return longest;
}

}  // namespace stationary::bench
