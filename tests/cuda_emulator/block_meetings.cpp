// Where the threads of a block meet: barriers, and the operations of a warp.

#include "tests/cuda_emulator/block_runner.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"
#include "tests/cuda_emulator/warp_result.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace emulator {

void BlockRunner::barrier(Fiber& f, u32 number, u32 threads, const char* place) {
    if (number >= barriers) return fault(f, "a barrier above 15", place);
    if (threads % 32 != 0) return fault(f, "a barrier for a number of threads that is no multiple of 32", place);
    Arrived& a = arrived_[number];
    if (options().check_sync && a.count > 0 && a.place != place && std::strcmp(a.place, place) != 0) {
        report(std::string("barriers ") + place,
               "%s: threads of block %llu meet at barrier %u from two places, %s and %s (thread %u)", name(), block(),
               number, a.place, place, f.thread.index);
    }
    a = {a.count + 1, threads, place};
    f.state = FiberState::at_barrier;
    f.barrier = number;
    f.place = place;
    release_if_complete(number);
    pause(f);
}

void BlockRunner::release_if_complete(u32 number) {
    Arrived& a = arrived_[number];
    if (a.count == 0 || a.count < (a.expected > 0 ? a.expected : alive_)) return;
    if (options().check_sync && a.expected == 0 && alive_ < count_) {
        report(std::string("ended ") + a.place,
               "%s: only %u of the %u threads of block %llu come to the barrier at %s, the others have ended", name(),
               a.count, count_, block(), a.place);
    }
    a.count = 0;
    phase_ = next_phase();
    for (Fiber& f : fibers_) {
        if (f.state == FiberState::at_barrier && f.barrier == number) make_ready(f);
    }
}

u64 BlockRunner::warp(Fiber& f, int kind, u32 mask, u64 a, u32 b, u32 c, u8* predicate, const char* place) {
    f.kind = kind, f.mask = mask, f.a = a, f.b = b, f.c = c, f.place = place;
    f.state = FiberState::in_warp;
    if ((mask >> f.thread.lane & 1) == 0) {
        report(std::string("mask ") + place, "%s: at %s thread %u of block %llu is not in its own mask %08x", name(),
               place, f.thread.index, block(), mask);
    }
    complete_warp(f);
    pause(f);
    if (predicate != nullptr) *predicate = f.predicate;
    return f.result;
}

void BlockRunner::complete_warp(Fiber& one) {
    const u32 first = one.thread.index / 32 * 32;
    Fiber* const lanes = &fibers_[first];
    const u32 there = std::min(32U, count_ - first);
    u32 present = 0, alive = 0;
    for (u32 k = 0; k < there; ++k) {
        const bool ended = lanes[k].state == FiberState::ended;
        if (!ended) alive |= 1U << k;
        if ((one.mask >> k & 1) == 0 || ended) continue;
        if (lanes[k].state != FiberState::in_warp || lanes[k].kind != one.kind || lanes[k].mask != one.mask) return;
        present |= 1U << k;
    }
    if (options().check_sync && present != one.mask) {
        report(std::string("lanes ") + one.place,
               "%s: of the lanes %08x that are to meet at %s in block %llu only %08x come, the others have ended",
               name(), one.mask, one.place, block(), present);
    }
    for (u32 k = 0; k < there; ++k) {
        if ((present >> k & 1) == 0) continue;
        int missing_lane = -1;
        lanes[k].result = warp_result(lanes, k, present, lanes[k].predicate, missing_lane);
        if (missing_lane >= 0 && options().check_sync) {
            report(std::string("shuffle ") + lanes[k].place,
                   "%s: at %s lane %u reads lane %d, which does not take part", name(), lanes[k].place, k,
                   missing_lane);
        }
    }
    const bool orders = one.kind == warp_sync && present == alive;
    const u64 phase = orders ? next_phase() : 0;
    for (u32 k = 0; k < there; ++k) {
        if ((present >> k & 1) == 0) continue;
        if (orders) lanes[k].warp_phase = phase;
        make_ready(lanes[k]);
    }
}

void BlockRunner::deadlock() {
    std::map<std::string, u32> where;
    for (const Fiber& f : fibers_) {
        ++where[f.state == FiberState::ended        ? "have ended"
                : f.state == FiberState::at_barrier ? std::string("wait at the barrier at ") + f.place
                                                    : std::string("wait for lanes of their warp at ") + f.place];
    }
    std::string text;
    for (const auto& [what, threads] : where)
        text += (text.empty() ? "" : ", ") + std::to_string(threads) + " threads " + what;
    report("deadlock " + text, "%s: block %llu would wait forever: %s", name(), block(), text.c_str());
    launch_.failed = true;
}

}  // namespace emulator
