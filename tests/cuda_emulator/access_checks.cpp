#include "tests/cuda_emulator/access_checks.h"

#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace emulator {
namespace {

std::string access_text(const Access& access, const std::string& where) {
    char digits[32];
    std::snprintf(digits, sizeof digits, " address 0x%llx,", static_cast<unsigned long long>(access.address));
    const char* const what = (access.kind & emulator_atomic) != 0  ? "atomic access to "
                             : (access.kind & emulator_write) != 0 ? "write to "
                                                                   : "read of ";
    return what + std::to_string(access.size) + " bytes of " + where + digits;
}

const char* memory_text(int space) { return space == space_shared ? "shared memory" : "device memory"; }

}  // namespace

AccessChecks::AccessChecks(const Launch& launch, EmulatedMemory& memory, u64 shared_bytes)
    : launch_(launch), memory_(memory), shared_bytes_(shared_bytes), shared_shadow_(shared_bytes) {
    if (options().check_race) shared_races_.resize(shared_bytes / 4 + 1);
}

void AccessChecks::start_block(u64 block) {
    block_ = block;
    std::fill(shared_shadow_.begin(), shared_shadow_.end(), u8{allocated});
    std::fill(shared_races_.begin(), shared_races_.end(), RaceCell{});
}

std::string AccessChecks::check(const Fiber& f, u64 phase, Access access) {
    if (access.address % access.size != 0) return "misaligned access of " + std::to_string(access.size) + " bytes";
    if (access.space == space_generic) resolve(f.thread, access);
    if (access.space == space_param) return {};
    if (access.space == space_local) {
        const bool inside =
            access.address >= f.thread.local_first && access.address + access.size <= f.thread.local_last;
        return inside ? std::string() : access_text(access, "no memory of the device");
    }
    const bool shared = access.space == space_shared;
    if (shared) access.address = static_cast<u32>(access.address);
    std::string fault = shared ? shared_fault(access) : global_fault(access);
    if (!fault.empty()) return fault;
    u8* const shadow = shared ? shared_shadow_.data() + access.address : memory_.shadow(access.address);
    if (options().check_init && (access.kind & emulator_read) != 0) check_written(f, access, shadow);
    if ((access.kind & emulator_write) != 0) std::memset(shadow, written, access.size);
    if (options().check_race) check_races(f, phase, access);
    return fault;
}

void AccessChecks::resolve(const EmulatorThread& thread, Access& access) const {
    const u64 in_shared = access.address - reinterpret_cast<u64>(thread.shared);
    if (memory_.contains(access.address)) {
        access.space = space_global;
    } else if (in_shared < shared_bytes_) {
        access.space = space_shared;
        access.address = in_shared;
    } else if (access.address - reinterpret_cast<u64>(thread.parameters) < thread.parameter_bytes) {
        access.space = space_param;
    } else {
        access.space = space_local;
    }
}

std::string AccessChecks::shared_fault(const Access& access) const {
    if (access.address + access.size <= shared_bytes_) return {};
    return access_text(access, "shared memory outside the block's " + std::to_string(shared_bytes_) + " bytes,");
}

std::string AccessChecks::global_fault(const Access& access) const {
    if (memory_.is_allocated(access.address, access.size)) return {};
    if (!memory_.contains(access.address) || !memory_.contains(access.address + access.size - 1))
        return access_text(access, "no device memory:");
    return access_text(access, "device memory that is not allocated (" + memory_.describe(access.address) + "):");
}

void AccessChecks::check_written(const Fiber& f, const Access& access, const u8* shadow) const {
    if (std::all_of(shadow, shadow + access.size, [](u8 byte) { return byte == written; })) return;
    report(std::string("unwritten ") + access.place,
           "%s: reads %s that nobody has written, at %s, thread %u of block %llu", name(), memory_text(access.space),
           access.place, f.thread.index, static_cast<unsigned long long>(block_));
}

void AccessChecks::check_races(const Fiber& f, u64 phase, const Access& access) {
    const u64 end = access.address + access.size;
    for (u64 k = access.address; k < end; k = (k / 4 + 1) * 4) {
        const u64 bytes = std::min(end, (k / 4 + 1) * 4) - k;
        const auto mask = static_cast<u8>(((1U << bytes) - 1) << k % 4);
        const Touch now{block_, phase, f.warp_phase, f.thread.index, mask, (access.kind & emulator_atomic) != 0};
        RaceCell& cell = access.space == space_shared ? shared_races_[k / 4] : memory_.race(k);
        check_race(f, now, access, k, cell);
    }
}

void AccessChecks::check_race(const Fiber& f, const Touch& now, const Access& access, u64 address,
                              RaceCell& cell) const {
    const bool reads = (access.kind & emulator_read) != 0, writes = (access.kind & emulator_write) != 0;
    const Touch* other = unordered(cell.write, now) ? &cell.write : nullptr;
    if (writes) {
        for (const Touch* read : {&cell.first_read, &cell.last_read, &cell.foreign_read}) {
            if (unordered(*read, now)) other = read;
        }
    }
    if (other != nullptr) {
        report(std::string("race ") + access.place,
               "%s: a race for %s (address 0x%llx) at %s: thread %u of block %llu %s it, thread %u of block %llu has "
               "%s it, nothing orders them",
               name(), memory_text(access.space), static_cast<unsigned long long>(address), access.place,
               f.thread.index, static_cast<unsigned long long>(block_), writes ? "writes" : "reads", other->thread,
               static_cast<unsigned long long>(other->block), other == &cell.write ? "written" : "read");
    }
    if (writes) cell.write = now;
    if (reads) {
        if (cell.last_read.block != block_) cell.foreign_read = cell.last_read;
        if (cell.first_read.phase != now.phase || cell.first_read.bytes != now.bytes) cell.first_read = now;
        cell.last_read = now;
    }
}

bool AccessChecks::unordered(const Touch& other, const Touch& now) const {
    if (other.phase < launch_.first_phase || (other.bytes & now.bytes) == 0 || (other.atomic && now.atomic))
        return false;
    if (other.block != now.block) return true;
    if (other.thread == now.thread || other.phase != now.phase) return false;
    return other.thread / 32 != now.thread / 32 || other.warp_phase == now.warp_phase;
}

}  // namespace emulator
