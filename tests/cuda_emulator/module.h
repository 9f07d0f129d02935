#pragma once

#include "tests/cuda_emulator/device.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace emulator {

constexpr int architecture = 90;

struct Kernel;

/// The PTX of one source file, out of what nvcc calls a fat binary, and what is made of it.
class Module {
  public:
    explicit Module(const void* fat_binary);
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;
    ~Module();

    /// Empty if there is none for this architecture.
    [[nodiscard]] std::string_view ptx() const { return ptx_; }
    [[nodiscard]] bool compressed() const { return compressed_; }
    [[nodiscard]] const std::string& hash();

    Kernel& add_kernel(const char* name);
    [[nodiscard]] const std::vector<std::unique_ptr<Kernel>>& kernels() const { return kernels_; }

    /// The address of a variable, which lies in the first device's memory from here on.
    u64 address_of(const EmulatorVariable& variable);
    void add_variable(const void* host, const char* name) { host_variables_[host] = name; }
    /// The address of what the host knows by `host`, or 0; `error` is set if a kernel that has it does not load.
    u64 address_of_symbol(const void* host, int& error);

  private:
    /// Whether a kernel names a variable itself, not by a function that it calls.
    [[nodiscard]] bool mentions(const std::string& kernel, const std::string& variable) const;

    std::string_view ptx_;
    bool compressed_ = false;
    std::vector<std::unique_ptr<Kernel>> kernels_;
    std::mutex mutex_;
    std::map<std::string, u64> variables_;
    std::map<const void*, std::string> host_variables_;
    std::string hash_;
};

}  // namespace emulator
