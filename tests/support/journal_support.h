#pragma once

#include "host/base/program_info.h"
#include "host/journal/journal_record.h"
#include "host/plan/plan.h"
#include "host/plan/plan_key.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Journals made by hand.
namespace stationary::support {

/// A directory that goes with its owner.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "stationary_journal_XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

/// Cells of dimension 2 with made-up programs.
inline std::vector<CellPlan> made_up_plans(std::size_t cells, std::int64_t shards) {
    std::vector<CellPlan> plans(cells);
    for (std::size_t i = 0; i < cells; ++i) {
        plans[i].cell.index = static_cast<std::int64_t>(i);
        plans[i].cell.key = plans[i].program.key = 1000 + i;
        plans[i].shards = shards;
        plans[i].program.dimension = 2;
        plans[i].program.shard_chains = 16;
        plans[i].program.centre = {0.0, 0.0};
        plans[i].program.scale = {1024.0, 2048.0};
    }
    return plans;
}

/// Moments that differ from shard to shard, with numbers of either sign beyond 64 bits.
inline ShardMoments made_up_moments(std::int64_t shard) {
    ShardMoments moments;
    moments.shard = shard;
    moments.finite_draws = 32;
    moments.saturated_draws = shard % 2;
    const Int128 large = Int128(1) << 70;
    moments.sum = {Int128(shard) - 5, -large - shard};
    moments.velocity_squares = large + 3;
    moments.velocity_pulls = -Int128(shard);
    moments.products = {32 * 1000000 + shard, 17 * shard, 32 * large + shard};
    return moments;
}

inline JournalRecord made_up_record(const CellPlan& plan, std::int64_t shard) {
    return {plan.program.key,       plan_key(plan.program), plan.program.shard_chains, 0.25,
            program_info().version, made_up_moments(shard)};
}

inline bool same(const ShardMoments& a, const ShardMoments& b) {
    return a.shard == b.shard && a.finite_draws == b.finite_draws && a.diverged_chains == b.diverged_chains &&
           a.saturated_draws == b.saturated_draws && a.first_bad_step == b.first_bad_step && a.sum == b.sum &&
           a.velocity_squares == b.velocity_squares && a.velocity_pulls == b.velocity_pulls && a.products == b.products;
}

inline void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace stationary::support
