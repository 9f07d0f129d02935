#include "tests/cuda_emulator/block_runner.h"

#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"

#include <sys/mman.h>
#include <cstring>
#include <utility>

namespace emulator {

Stacks::Stacks(u32 count) : bytes_(each * count) {
    void* const place =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) give_up("no memory for stacks");
    place_ = static_cast<u8*>(place);
    for (u32 k = 0; k < count; ++k) mprotect(place_ + each * k, guard_bytes, PROT_NONE);
}

Stacks::~Stacks() { munmap(place_, bytes_); }

BlockRunner::BlockRunner(Launch& launch)
    : launch_(launch),
      code_(*launch.kernel->code),
      memory_(memory(launch.device)),
      count_(launch.block.x * launch.block.y * launch.block.z),
      stacks_(count_),
      fibers_(count_),
      ready_(count_),
      shared_bytes_(code_.static_shared + launch.dynamic_shared),
      shared_(shared_bytes_ + 256),
      checks_(launch, memory_, shared_bytes_),
      random_(options().seed * 0x9e3779b97f4a7c15ULL + launch.number + 1) {
    constexpr u64 alignment = 128;
    auto* const shared =
        reinterpret_cast<u8*>((reinterpret_cast<u64>(shared_.data()) + alignment - 1) / alignment * alignment);
    for (u32 k = 0; k < count_; ++k) set_up(fibers_[k], k, shared);
}

void BlockRunner::set_up(Fiber& f, u32 index, u8* shared) {
    const dim3& block = launch_.block;
    EmulatorThread& t = f.thread;
    t = {};
    f.runner = this;
    t.index = index;
    t.tid[0] = index % block.x;
    t.tid[1] = index / block.x % block.y;
    t.tid[2] = index / block.x / block.y;
    t.ntid[0] = block.x, t.ntid[1] = block.y, t.ntid[2] = block.z;
    t.nctaid[0] = launch_.grid.x, t.nctaid[1] = launch_.grid.y, t.nctaid[2] = launch_.grid.z;
    t.lane = index % 32;
    t.warp = index / 32;
    t.static_shared = code_.static_shared;
    t.shared_size = static_cast<u32>(shared_bytes_);
    t.shared = shared;
    t.window = memory_.first();
    t.window_size = memory_.size();
    t.delta = memory_.delta();
    t.local_first = stacks_.first(index);
    t.local_last = stacks_.last(index);
    t.parameters = launch_.parameters.data();
    t.parameter_bytes = static_cast<u32>(launch_.parameters.size());
}

void BlockRunner::run(u64 block) {
    block_ = block;
    phase_ = next_phase();
    std::memset(fibers_[0].thread.shared, poison, shared_bytes_);
    checks_.start_block(block);
    alive_ = count_;
    head_ = tail_ = waiting_ready_ = 0;
    std::memset(arrived_, 0, sizeof arrived_);
    for (u32 k = 0; k < count_; ++k) start(fibers_[options().order == Order::reverse ? count_ - 1 - k : k]);
    while (waiting_ready_ > 0 && !launch_.failed) emulator_switch(&scheduler_, next_ready().stack_pointer);
    if (!launch_.failed && alive_ > 0) deadlock();
}

void BlockRunner::start(Fiber& f) {
    f.thread.ctaid[0] = static_cast<u32>(block_ % launch_.grid.x);
    f.thread.ctaid[1] = static_cast<u32>(block_ / launch_.grid.x % launch_.grid.y);
    f.thread.ctaid[2] = static_cast<u32>(block_ / launch_.grid.x / launch_.grid.y);
    prepare_start(f);
    f.warp_phase = phase_;
    f.place = "?";
    make_ready(f);
}

void BlockRunner::end(Fiber& f) {
    f.state = FiberState::ended;
    --alive_;
    for (u32 number = 0; number < barriers; ++number) release_if_complete(number);
    const u32 first = f.thread.index / 32 * 32;
    for (u32 k = first; k < std::min(first + 32, count_); ++k) {
        if (fibers_[k].state == FiberState::in_warp) complete_warp(fibers_[k]);
    }
    pause(f);
}

void BlockRunner::check(Fiber& f, int space, u64 address, u32 size, int access, const char* place) {
    if (options().order == Order::random && random(61) == 0) {  // others may come between any two accesses
        make_ready(f);
        pause(f);
    }
    const std::string wrong = checks_.check(f, phase_, {space, address, size, access, place});
    if (!wrong.empty()) fault(f, wrong, place);
}

void BlockRunner::fault(Fiber& f, const std::string& what, const char* place) {
    const u32* const thread = f.thread.tid;
    const u32* const block = f.thread.ctaid;
    report("fault " + what + place, "%s: %s at %s, thread (%u, %u, %u) of block (%u, %u, %u)", name(), what.c_str(),
           place, thread[0], thread[1], thread[2], block[0], block[1], block[2]);
    launch_.failed = true;
    pause(f);
}

u64 BlockRunner::random(u64 below) {
    random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
    return random_ % below;
}

void BlockRunner::make_ready(Fiber& f) {
    f.state = FiberState::ready;
    ready_[tail_] = &f;
    tail_ = tail_ + 1 == count_ ? 0 : tail_ + 1;
    ++waiting_ready_;
}

Fiber& BlockRunner::next_ready() {
    if (options().order == Order::random) std::swap(ready_[head_], ready_[(head_ + random(waiting_ready_)) % count_]);
    Fiber& next = *ready_[head_];
    head_ = head_ + 1 == count_ ? 0 : head_ + 1;
    --waiting_ready_;
    return next;
}

}  // namespace emulator
