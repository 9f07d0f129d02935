#include "tests/cuda_emulator/module.h"

#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/hash.h"
#include "tests/cuda_emulator/kernel.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"

#include <algorithm>
#include <cstring>

namespace emulator {
namespace {

template <class Number>
Number number_at(const u8* place) {
    Number number;
    std::memcpy(&number, place, sizeof number);
    return number;
}

/// What a program's registration points to.
struct FatBinaryWrapper {
    u32 magic, version;
    const u8* data;
};
constexpr u32 wrapper_magic = 0x466243b1;
constexpr u16 kind_ptx = 1;
constexpr u64 compression_flags = 0xf000;

}  // namespace

Module::Module(const void* fat_binary) {
    const auto* const wrapper = static_cast<const FatBinaryWrapper*>(fat_binary);
    if (wrapper->magic != wrapper_magic) give_up("a fat binary of an unknown kind");
    const u8* const data = wrapper->data;
    const u64 first = number_at<u16>(data + 6);
    const u64 end = first + number_at<u64>(data + 8);
    u32 best = 0;
    for (u64 at = first; at < end;) {
        const u8* const entry = data + at;
        const u64 header = number_at<u32>(entry + 4);
        const u64 size = number_at<u64>(entry + 8);
        const u32 sm = number_at<u32>(entry + 28);
        if (number_at<u16>(entry) == kind_ptx && sm <= architecture && sm >= best) {
            best = sm;
            compressed_ = (number_at<u64>(entry + 40) & compression_flags) != 0;
            const auto* const text = reinterpret_cast<const char*>(entry + header);
            ptx_ = {text, strnlen(text, size)};
        }
        at += header + size;
    }
}

Module::~Module() = default;

const std::string& Module::hash() {
    const std::lock_guard lock(mutex_);
    if (hash_.empty()) {
        Hash sum;
        sum.add(ptx_);
        hash_ = sum.text();
    }
    return hash_;
}

Kernel& Module::add_kernel(const char* name) {
    kernels_.push_back(std::make_unique<Kernel>(*this, name));
    return *kernels_.back();
}

u64 Module::address_of(const EmulatorVariable& variable) {
    const std::lock_guard lock(mutex_);
    u64& address = variables_[variable.name];
    if (address != 0) return address;
    if (options().devices > 1) give_up("the variable %s on several devices", variable.name);
    EmulatedMemory& there = memory(0);
    address = there.take(variable.size);
    if (address == 0) give_up("no memory for %s", variable.name);
    there.open(address, variable.size);
    std::memset(there.shadow(address), written, variable.size);
    if (variable.initial != nullptr) {
        std::memcpy(there.real(address), variable.initial, variable.size);
    } else {
        std::memset(there.real(address), 0, variable.size);
    }
    return address;
}

u64 Module::address_of_symbol(const void* host, int& error) {
    const auto name = host_variables_.find(host);
    if (name == host_variables_.end()) return 0;
    for (const bool mentioned : {true, false}) {  // a variable is made by the first kernel that uses it
        for (const auto& kernel : kernels_) {
            if (mentions(kernel->name, name->second) != mentioned) continue;
            error = kernel->load();
            if (error != 0) return 0;
            const std::lock_guard lock(mutex_);
            const auto known = variables_.find(name->second);
            if (known != variables_.end()) return known->second;
        }
    }
    return 0;
}

bool Module::mentions(const std::string& kernel, const std::string& variable) const {
    const std::size_t first = std::min(ptx_.find(".entry " + kernel + "("), ptx_.size());
    return ptx_.substr(first, ptx_.find(".entry ", first + 1) - first).find(variable) != std::string_view::npos;
}

}  // namespace emulator
