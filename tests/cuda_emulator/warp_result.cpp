#include "tests/cuda_emulator/warp_result.h"

#include <algorithm>

namespace emulator {
namespace {

constexpr u64 result_of_nobody = 0xfbfbfbfb;

u64 shuffled(const Fiber* lanes, u32 lane, u32 present, u8& predicate, int& missing_lane) {
    const Fiber& me = lanes[lane];
    const int segment = me.c >> 8 & 31, clamp = me.c & 31, own = static_cast<int>(lane), by = me.b & 31;
    const int first = own & segment, last = first | (clamp & ~segment);
    int from = own;
    switch (me.kind) {
        case shuffle_up:
            from = own - by;
            break;
        case shuffle_down:
            from = own + by;
            break;
        case shuffle_xor:
            from = own ^ by;
            break;
        default:
            from = first | (by & ~segment);
    }
    predicate = me.kind == shuffle_up ? from >= last : from <= last;
    if (predicate == 0) from = own;
    if ((present >> from & 1) == 0) {
        missing_lane = from;
        return result_of_nobody;
    }
    return lanes[from].a;
}

/// What the votes, matches and reductions need to know of all lanes that take part.
struct Gathered {
    u32 yes = 0, same = 0;  // lanes
    u64 sum = 0, both = ~u64{0}, either = 0, odd = 0;
    u32 least = ~0U, most = 0;
    i32 lowest = INT32_MAX, highest = INT32_MIN;

    void add(u32 lane, u64 a, u64 mine) {
        if (a != 0) yes |= 1U << lane;
        if (a == mine) same |= 1U << lane;
        sum += a, both &= a, either |= a, odd ^= a;
        least = std::min(least, static_cast<u32>(a)), most = std::max(most, static_cast<u32>(a));
        lowest = std::min(lowest, static_cast<i32>(a)), highest = std::max(highest, static_cast<i32>(a));
    }
};

}  // namespace

u64 warp_result(const Fiber* lanes, u32 lane, u32 present, u8& predicate, int& missing_lane) {
    const Fiber& me = lanes[lane];
    predicate = 0;
    if (me.kind == warp_sync) return 0;
    if (me.kind <= shuffle_index) return shuffled(lanes, lane, present, predicate, missing_lane);
    Gathered all;
    for (u32 k = 0; k < 32; ++k) {
        if (present >> k & 1) all.add(k, lanes[k].a, me.a);
    }
    switch (me.kind) {
        case vote_all:
            return all.yes == present;
        case vote_any:
            return all.yes != 0;
        case vote_uniform:
            return all.yes == present || all.yes == 0;
        case vote_ballot:
            return all.yes;
        case match_any:
            return all.same;
        case match_all:
            predicate = all.same == present;
            return predicate != 0 ? present : 0;
        case reduce_add:
            return all.sum;
        case reduce_min_u:
            return all.least;
        case reduce_max_u:
            return all.most;
        case reduce_min_s:
            return static_cast<u32>(all.lowest);
        case reduce_max_s:
            return static_cast<u32>(all.highest);
        case reduce_and:
            return all.both;
        case reduce_or:
            return all.either;
        default:
            return all.odd;
    }
}

}  // namespace emulator
