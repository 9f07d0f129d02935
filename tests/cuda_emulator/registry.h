#pragma once

#include "tests/cuda_emulator/kernel.h"
#include "tests/cuda_emulator/module.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace emulator {

/// All that the program has registered, which it does before main.
class Registry {
  public:
    Module* add_module(const void* fat_binary);
    void add_kernel(Module& module, const void* host, const char* name);
    void add_variable(Module& module, const void* host, const char* name);

    /// By what the host calls it, or by its handle; null if it is none.
    Kernel* kernel(const void* function);
    /// The device address of a variable by what the host calls it.
    cudaError_t symbol_address(void** place, const void* symbol);

    /// A line "launches blocks name" for each kernel.
    std::string launches_text();
    /// Sees to it that the cache holds all kernels, `jobs` at a time, and prints how many it had to translate.
    void translate_all(int jobs);

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Module>> modules_;
    std::map<const void*, Kernel*> kernels_;
    std::set<const void*> handles_;
};

/// Outlives everything: programs launch until they have ended.
Registry& registry();

}  // namespace emulator
