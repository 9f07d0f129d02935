#pragma once

#include <functional>
#include <optional>

namespace stationary {

/// Which of several processes that a launcher started together this one is.
struct LaunchedRank {
    int rank = 0;
    int ranks = 1;
};

/// What mpirun or srun say in the environment (`variable`, nullptr: not set); empty for a process on its own, or the
/// only one. Known without MPI, so that a process on its own never touches it. Test: launcher_test.cpp.
std::optional<LaunchedRank> launched_rank(const std::function<const char*(const char*)>& variable);

/// The same of this process's environment.
std::optional<LaunchedRank> launched_rank();

}  // namespace stationary
