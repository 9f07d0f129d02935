#pragma once

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/cuda/wide_tables.h"
#include "kernels/interface/backend.h"
#include "kernels/launch/cuda_wide.h"
#include "kernels/launch/wide_products.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/// The lanes of a warp and the threads of a block, run on the host one after the other: the functions of the GPU's
/// kernels, phase by phase.
namespace stationary::host_warp {

/// Each phase is a loop over the lanes, in either direction: what a lane reads that another writes in the same phase
/// shows as a difference between the two.
template <bool last_lane_first>
class HostWarp {
  public:
    static constexpr TableOrder tables = TableOrder::columns;
    static constexpr int sums_at_once = 4;

    template <class Work>
    void each(int count, Work&& work) const {
        for (int k = 0; k < dot_lanes; ++k) {
            for (int item = lane(k); item < count; item += dot_lanes) work(item);
        }
    }

    /// By a butterfly in which every lane takes part, as the GPU's shuffles have it.
    template <class Number, class Factors>
    [[nodiscard]] Number dot(int quads, Factors&& factors) const {
        Number sums[dot_lanes];
        for (int k = 0; k < dot_lanes; ++k) sums[lane(k)] = lane_sum<Number>(lane(k), quads, factors);
        for (int distance = dot_lanes / 2; distance > 0; distance /= 2) {
            Number received[dot_lanes];
            for (int k = 0; k < dot_lanes; ++k) received[k] = sums[k ^ distance];
            for (int k = 0; k < dot_lanes; ++k) sums[k] = sums[k] + received[k];
        }
        return sums[dot_lanes - 1];
    }

    template <class Work>
    void add_up(int count, std::int64_t (&sums)[3], Work&& work) const {
        each(count, [&](int k) { work(k, sums); });
    }

    template <class Work>
    void once(Work&& work) const {
        work();
    }

  private:
    static int lane(int k) { return last_lane_first ? dot_lanes - 1 - k : k; }
};

/// The threads of a block that adds products: each phase is a loop over them.
class HostProductBlock {
  public:
    HostProductBlock(const WideProducts& products, int tile, std::int64_t shard)
        : shared_(WideProducts::shared_values, std::numeric_limits<std::int32_t>::max()) {
        for (int thread = 0; thread < WideProducts::threads; ++thread) {
            threads_.emplace_back(products, tile, shard, thread, shared_.data());
        }
    }
    template <class Work>
    void each(Work&& work) {
        for (ProductThread& thread : threads_) work(thread);
    }

  private:
    std::vector<std::int32_t> shared_;
    std::vector<ProductThread> threads_;
};

/// The products of a draw of `shards` shards, tile by tile.
inline void add_products(const WideProducts& products, std::int64_t shards) {
    for (std::int64_t shard = 0; shard < shards; ++shard) {
        for (int tile = 0; tile < products.tiles(); ++tile) {
            HostProductBlock block(products, tile, shard);
            run_products(products, block);
        }
    }
}

/// The launches of some shards, as cuda_wide_group.h makes them.
template <class Scalar, template <class, class> class Stepper, bool last_lane_first>
class HostWideLaunch {
  public:
    HostWideLaunch(const CellProgram& program, ShardRange range)
        : program_(program),
          range_(range),
          tables_(program, table_dimension(program.dimension)),
          columns_(values_by_columns(tables_, program.dimension)),
          shards_(static_cast<std::size_t>(range.last - range.first)),
          row_(static_cast<std::size_t>(TotalsRow::words(program.dimension))) {
        const std::size_t chains = shards_ * static_cast<std::size_t>(program.shard_chains);
        // What a launch finds in memory that nobody has written yet must not matter.
        constexpr Scalar junk = std::numeric_limits<Scalar>::quiet_NaN();
        position_.assign(chains * static_cast<std::size_t>(table_dimension(program.dimension)), junk);
        velocity_ = position_;
        diverged_.assign(chains, 0);
        stage_.assign(chains * static_cast<std::size_t>(stage_length(program.dimension)), 12345);
        totals_.assign(shards_ * row_, 0);
        first_bad_step_.assign(shards_, ~std::uint64_t{0});
    }

    /// At most `window` steps in a launch, `warps` chains in a block.
    std::vector<ShardMoments> run(std::int64_t window, int warps) {
        WideLaunch<Scalar> launch{
            make_launch_map(range_.first, range_.last - range_.first, program_.shard_chains, warps),
            0,
            0,
            false,
            position_.data(),
            velocity_.data(),
            diverged_.data(),
            stage_.data(),
            totals_.data(),
            first_bad_step_.data()};
        for (std::int64_t draw = 0; draw < program_.draws;) {
            const std::int64_t due = program_.burn_in + draw * program_.stride;
            launch.last_step = std::min(due, launch.first_step + window);
            launch.draw = launch.last_step == due;
            run_launch(launch, warps);
            if (launch.draw) {
                add_products({stage_.data(), totals_.data(), program_.shard_chains, program_.dimension},
                             static_cast<std::int64_t>(shards_));
                ++draw;
            }
            launch.first_step = launch.last_step;
        }
        return moments();
    }

  private:
    using Team = HostWarp<last_lane_first>;
    using ChainStepper = Stepper<ScalarLanes<Scalar>, Team>;

    void run_launch(const WideLaunch<Scalar>& launch, int warps) {
        const ChainArgs<Scalar> args = tables_.args(columns_.data());
        const auto numbers = static_cast<std::size_t>(ChainStepper::vectors(args.frozen)) *
                             static_cast<std::size_t>(wide_length(args.dimension));
        Team team;
        for (std::int64_t block = 0; block < launch.map.blocks(); ++block) {
            for (int warp = 0; warp < warps; ++warp) {
                const ChainPlace place = chain_place(launch.map, block, warps, warp);
                if (!place.valid) continue;
                std::vector<Scalar> memory(numbers, std::numeric_limits<Scalar>::quiet_NaN());
                run_wide_launch<ChainStepper>(args, launch, team, place, memory.data());
            }
        }
    }

    [[nodiscard]] std::vector<ShardMoments> moments() const {
        std::vector<ShardMoments> result;
        for (std::size_t s = 0; s < shards_; ++s) {
            result.push_back(read_totals(totals_.data() + s * row_, first_bad_step_[s],
                                         range_.first + static_cast<std::int64_t>(s), program_.dimension));
        }
        return result;
    }

    const CellProgram& program_;
    ShardRange range_;
    CellTables<Scalar> tables_;
    std::vector<Scalar> columns_;
    std::size_t shards_, row_;
    std::vector<Scalar> position_, velocity_;
    std::vector<std::uint8_t> diverged_;
    std::vector<std::int32_t> stage_;
    std::vector<std::uint64_t> totals_, first_bad_step_;
};

}  // namespace stationary::host_warp
