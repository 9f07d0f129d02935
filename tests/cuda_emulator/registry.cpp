#include "tests/cuda_emulator/registry.h"

#include "tests/cuda_emulator/kernel_cache.h"

#include <atomic>
#include <cstdio>
#include <thread>

namespace emulator {

Registry& registry() {
    static auto* const made = new Registry;
    return *made;
}

Module* Registry::add_module(const void* fat_binary) {
    const std::lock_guard lock(mutex_);
    modules_.push_back(std::make_unique<Module>(fat_binary));
    return modules_.back().get();
}

void Registry::add_kernel(Module& module, const void* host, const char* name) {
    const std::lock_guard lock(mutex_);
    Kernel& kernel = module.add_kernel(name);
    kernels_[host] = &kernel;
    handles_.insert(&kernel);
}

void Registry::add_variable(Module& module, const void* host, const char* name) {
    const std::lock_guard lock(mutex_);
    module.add_variable(host, name);
}

Kernel* Registry::kernel(const void* function) {
    const std::lock_guard lock(mutex_);
    if (handles_.count(function) > 0) return static_cast<Kernel*>(const_cast<void*>(function));
    const auto it = kernels_.find(function);
    return it == kernels_.end() ? nullptr : it->second;
}

cudaError_t Registry::symbol_address(void** place, const void* symbol) {
    const std::lock_guard lock(mutex_);
    for (const auto& module : modules_) {
        int error = cudaSuccess;
        const u64 address = module->address_of_symbol(symbol, error);
        if (error != cudaSuccess) return static_cast<cudaError_t>(error);
        if (address == 0) continue;
        *place = reinterpret_cast<void*>(address);
        return cudaSuccess;
    }
    return cudaErrorInvalidSymbol;
}

std::string Registry::launches_text() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& module : modules_) {
        for (const auto& kernel : module->kernels()) {
            text += std::to_string(kernel->launches.load()) + " " + std::to_string(kernel->blocks.load()) + " " +
                    kernel->shown_name + "\n";
        }
    }
    return text;
}

void Registry::translate_all(int jobs) {
    const std::lock_guard lock(mutex_);
    std::vector<const Kernel*> all;
    for (const auto& module : modules_) {
        for (const auto& kernel : module->kernels()) {
            if (!module->ptx().empty()) all.push_back(kernel.get());
        }
    }
    std::atomic<std::size_t> next{0};
    std::atomic<int> counts[3] = {};  // by Found
    const auto work = [&] {
        for (std::size_t k; (k = next++) < all.size();) ++counts[static_cast<int>(ensure_library(*all[k]))];
    };
    std::vector<std::thread> threads;
    for (int k = 1; k < jobs; ++k) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    prune_cache();
    const auto count = [&](Found found) { return counts[static_cast<int>(found)].load(); };
    std::printf("cuda_emulator: %d kernels translated, %d were in the cache, %d cannot be translated\n",
                count(Found::made), count(Found::kept), count(Found::failed));
}

}  // namespace emulator
