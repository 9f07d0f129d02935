#include "tests/cuda_emulator/emulated_memory.h"

#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace emulator {
namespace {

constexpr u64 page = 4096;

u64 whole_pages(u64 bytes) { return (bytes + page - 1) / page * page; }

u8* reserve(u64 bytes, int protection, int flags, int file) {
    void* const place = mmap(nullptr, bytes, protection, flags | MAP_NORESERVE, file, 0);
    if (place == MAP_FAILED)
        give_up("mmap of %llu bytes: %s", static_cast<unsigned long long>(bytes), std::strerror(errno));
    return static_cast<u8*>(place);
}

}  // namespace

EmulatedMemory::EmulatedMemory() {
    size_ = options().memory_bytes + (options().memory_bytes / 2);  // freed addresses come back late
    size_ = (size_ + 0xffff) & ~u64{0xffff};
    file_ = memfd_create("device memory", MFD_CLOEXEC);
    if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size_)) != 0) give_up("no memory file");
    constexpr int own = MAP_PRIVATE | MAP_ANONYMOUS;
    window_ = reserve(size_, PROT_NONE, own, -1);
    real_ = reserve(size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_);
    shadow_ = reserve(size_, PROT_READ | PROT_WRITE, own, -1);
    if (options().check_race) {
        races_ = reinterpret_cast<RaceCell*>(reserve(size_ / 4 * sizeof(RaceCell), PROT_READ | PROT_WRITE, own, -1));
    }
    next_ = first();
}

u64 EmulatedMemory::free_bytes() const {
    const std::lock_guard lock(mutex_);
    return options().memory_bytes - used_;
}

u64 EmulatedMemory::take(u64 bytes) {
    const std::lock_guard lock(mutex_);
    const u64 most = std::min(options().memory_bytes, options().memory_limit);
    if (bytes > most || used_ > most - bytes) return 0;
    const u64 need = whole_pages(bytes) + page;  // the last page belongs to nobody
    for (int round = 0; round < 2; ++round) {
        auto it = live_.lower_bound(next_);
        u64 place = next_;
        for (; it != live_.end() && it->first - place < need; ++it) place = it->first + it->second.reserved;
        if (place + need <= first() + size_) {
            live_[place] = {bytes, need};
            used_ += bytes;
            next_ = place + need;
            return place;
        }
        next_ = first();
    }
    return 0;
}

void EmulatedMemory::open(u64 address, u64 bytes) const {
    std::memset(real(address), poison, bytes);
    std::memset(shadow(address), allocated, bytes);
}

void EmulatedMemory::share_with_host(u64 address, u64 bytes) const {
    if (mmap(reinterpret_cast<void*>(address), whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             file_, static_cast<off_t>(address - first())) == MAP_FAILED)
        give_up("mmap of managed memory");
    std::memset(shadow(address), written, bytes);
}

bool EmulatedMemory::give_back(u64 address) {
    const std::lock_guard lock(mutex_);
    const auto it = live_.find(address);
    if (it == live_.end()) return false;
    std::memset(shadow(address), nothing, it->second.bytes);
    const u64 whole = it->second.reserved - page;
    if (mmap(reinterpret_cast<void*>(address), whole, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        give_up("mmap of freed memory");
    fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(address - first()),
              static_cast<off_t>(whole));
    used_ -= it->second.bytes;
    live_.erase(it);
    return true;
}

bool EmulatedMemory::is_allocation(u64 address) const {
    const std::lock_guard lock(mutex_);
    return live_.count(address) > 0;
}

std::string EmulatedMemory::describe(u64 address) const {
    const std::lock_guard lock(mutex_);
    auto it = live_.upper_bound(address);
    if (it == live_.begin()) return "no allocation is near";
    --it;
    const u64 into = address - it->first;
    const u64 bytes = it->second.bytes;
    char text[160];
    std::snprintf(text, sizeof text, "%llu bytes %s the allocation of %llu bytes before it",
                  static_cast<unsigned long long>(into >= bytes ? into - bytes : into),
                  into >= bytes ? "past the end of" : "into", static_cast<unsigned long long>(bytes));
    return text;
}

bool EmulatedMemory::is_allocated(u64 address, u64 bytes) const {
    if (!contains(address) || bytes > size_ || !contains(address + bytes - 1)) return false;
    return std::memchr(shadow(address), nothing, bytes) == nullptr;
}

EmulatedMemory& memory(int device) {
    static const auto made = [] {
        std::vector<EmulatedMemory*> all;
        for (int k = 0; k < options().devices; ++k) all.push_back(new EmulatedMemory);
        return all;
    }();
    return *made[static_cast<std::size_t>(device)];
}

EmulatedMemory* memory_at(const void* place) {
    for (int device = 0; device < options().devices; ++device) {
        if (memory(device).contains(reinterpret_cast<u64>(place))) return &memory(device);
    }
    return nullptr;
}

}  // namespace emulator
