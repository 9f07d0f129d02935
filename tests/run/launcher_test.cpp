#include "host/run/launcher.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace stationary {
namespace {

std::optional<LaunchedRank> with(const std::map<std::string, std::string>& variables) {
    return launched_rank([&variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

TEST(Launcher, AProcessOnItsOwnIsNoRank) {
    EXPECT_FALSE(with({}));
    EXPECT_FALSE(with({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}}));
    // A batch script outside srun.
    EXPECT_FALSE(with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}));
}

TEST(Launcher, MpirunAndSrunNameRankAndNumber) {
    EXPECT_EQ(with({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "3"}})->rank, 2);
    EXPECT_EQ(with({{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}})->ranks, 4);
    EXPECT_EQ(with({{"PMIX_RANK", "5"}, {"SLURM_STEP_NUM_TASKS", "8"}})->rank, 5);
}

}  // namespace
}  // namespace stationary
