#pragma once

namespace emulator {

struct Kernel;

// The cache of translated kernels: a directory of shared libraries, each named by a hash of all that went into it.
// Programs may use it at once: a library comes into being under its own name in one step.

/// Whether the library was there, has been made, or could not be made, which then has been printed.
enum class Found { kept, made, failed };

/// Sees to it that the cache holds the kernel's library.
Found ensure_library(const Kernel& kernel);

/// The kernel's library as dlopen returns it.
void* open_library(const Kernel& kernel);

/// Deletes what has not been used for two weeks, of the rest the oldest beyond 1 GiB, and what translations that failed
/// have left more than an hour ago.
void prune_cache();

}  // namespace emulator
