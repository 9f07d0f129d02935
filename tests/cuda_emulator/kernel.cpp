#include "tests/cuda_emulator/kernel.h"

#include "tests/cuda_emulator/kernel_cache.h"
#include "tests/cuda_emulator/module.h"
#include "tests/cuda_emulator/report.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <algorithm>
#include <cstdlib>

namespace emulator {
namespace {

/// Without its parameters.
std::string demangled(const char* name) {
    int status = 0;
    char* const text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
    std::string shown = text != nullptr ? text : name;
    std::free(text);
    shown = shown.substr(0, shown.rfind('('));
    for (const std::string noise : {"(anonymous namespace)::", "void "}) {
        for (std::size_t at; (at = shown.find(noise)) != std::string::npos;) shown.erase(at, noise.size());
    }
    return shown;
}

}  // namespace

Kernel::Kernel(Module& its_module, const char* its_name)
    : module(its_module), name(its_name), shown_name(demangled(its_name)) {
    std::fill(most_dynamic_shared, most_dynamic_shared + most_devices, most_shared_without_asking);
}

cudaError_t Kernel::load() {
    const std::lock_guard lock(mutex_);
    if (code != nullptr) return cudaSuccess;
    if (module.ptx().empty()) {
        report("no PTX", "%s: this build has no PTX for sm_%d or older", name.c_str(), architecture);
        return cudaErrorNoKernelImageForDevice;
    }
    void* const library = open_library(*this);
    const auto* const loaded = static_cast<const EmulatorKernel*>(dlsym(library, "emulator_kernel"));
    if (loaded == nullptr) give_up("%s: no kernel in its library", shown_name.c_str());
    for (u32 k = 0; k < loaded->variables; ++k) *loaded->variable[k].address = module.address_of(loaded->variable[k]);
    code = loaded;
    return cudaSuccess;
}

}  // namespace emulator
