#include "host/run/launcher.h"

#include <array>
#include <cstdlib>

namespace stationary {
namespace {

struct Variables {
    const char* rank;
    const char* ranks;
};

/// Open MPI's mpirun; srun and others with PMI; srun with PMIx, which names the number in Slurm's own variable only.
constexpr std::array<Variables, 3> known{Variables{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                         Variables{"PMI_RANK", "PMI_SIZE"},
                                         Variables{"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}};

}  // namespace

std::optional<LaunchedRank> launched_rank(const std::function<const char*(const char*)>& variable) {
    for (const Variables& names : known) {
        const char* rank = variable(names.rank);
        const char* ranks = variable(names.ranks);
        if (rank == nullptr || ranks == nullptr) continue;
        const LaunchedRank launched{std::atoi(rank), std::atoi(ranks)};
        if (launched.ranks > 1) return launched;
    }
    return std::nullopt;
}

std::optional<LaunchedRank> launched_rank() {
    return launched_rank([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace stationary
