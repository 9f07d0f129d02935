#pragma once

#include <nvtx3/nvToolsExt.h>

#include <string>

namespace stationary {

/// A named stretch of time in a profile (docs/profiling.md); free where no profiler listens.
class ProfilerRange {
  public:
    explicit ProfilerRange(const std::string& name) { nvtxRangePushA(name.c_str()); }
    ProfilerRange(const ProfilerRange&) = delete;
    ProfilerRange& operator=(const ProfilerRange&) = delete;
    ~ProfilerRange() { nvtxRangePop(); }
};

}  // namespace stationary
