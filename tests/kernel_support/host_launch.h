#pragma once

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/interface/backend.h"
#include "kernels/launch/cuda_block.h"

#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

/// The CUDA backend's launches, run on the host by loops over blocks and threads: the same functions as on the GPU.
namespace stationary::host_launch {

/// A block as a test runs it: each phase is a loop over the threads.
template <class Thread>
class HostTeam {
  public:
    template <class Scalar>
    HostTeam(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::int64_t block, int threads)
        : memory_(Thread::Memory::bytes / sizeof(std::max_align_t) + 1) {
        std::memset(memory_.data(), 0x7f, memory_.size() * sizeof(std::max_align_t));  // what nobody has written
        const typename Thread::Memory memory{reinterpret_cast<unsigned char*>(memory_.data())};
        threads_.reserve(static_cast<std::size_t>(threads));
        for (int thread = 0; thread < threads; ++thread) threads_.emplace_back(args, launch, block, thread, memory);
    }

    template <class Work>
    void each(Work&& work) {
        for (Thread& thread : threads_) work(thread);
    }

  private:
    std::vector<std::max_align_t> memory_;
    std::vector<Thread> threads_;
};

/// How a run is cut into launches.
struct Cuts {
    std::vector<std::int64_t> launch_ends;  ///< last step of each launch; the last one is the program's
    int draws_per_flush;
    bool last_block_first;
};

template <class Scalar, int D, template <class, int> class Stepper, Velocity velocity, int Threads,
          NormalMap map = NormalMap::reproducible, int exact_dimension = 0>
class HostLaunch {
  public:
    HostLaunch(const CellProgram& program, ShardRange range)
        : program_(program),
          range_(range),
          tables_(program, D, Lanes::row_stride(D)),
          shards_(static_cast<std::size_t>(range.last - range.first)),
          row_(static_cast<std::size_t>(TotalsRow::words(program.dimension))) {
        const std::size_t chains = shards_ * static_cast<std::size_t>(program.shard_chains);
        // What a launch finds in memory that nobody has written yet must not matter.
        constexpr Scalar junk = std::numeric_limits<Scalar>::quiet_NaN();
        position_.assign(chains * static_cast<std::size_t>(program.dimension), junk);
        velocity_ = position_;
        diverged_.assign(chains, 0);
        totals_.assign(shards_ * row_, 0);
        first_bad_step_.assign(shards_, ~std::uint64_t{0});
    }

    std::vector<ShardMoments> run(const Cuts& cuts) {
        LaunchArgs<Scalar> launch{
            make_launch_map(range_.first, range_.last - range_.first, program_.shard_chains, Threads),
            0,
            0,
            position_.data(),
            velocity_.data(),
            diverged_.data(),
            totals_.data(),
            first_bad_step_.data(),
            tables_.values().data(),
            static_cast<std::int64_t>(tables_.values_of_every_step())};
        for (const std::int64_t end : cuts.launch_ends) {
            launch.last_step = end;
            run_launch(launch, cuts);
            launch.first_step = end;
        }
        return moments();
    }

  private:
    using Lanes = ScalarLanes<Scalar, map, state_place(D, velocity, sizeof(Scalar)), exact_dimension>;
    using Thread = ChainThread<Stepper<Lanes, D>, Lanes, D, Threads, velocity>;

    void run_launch(const LaunchArgs<Scalar>& launch, const Cuts& cuts) {
        const std::int64_t blocks = launch.map.blocks();
        for (std::int64_t k = 0; k < blocks; ++k) {
            run_one_block(launch, cuts.last_block_first ? blocks - 1 - k : k, cuts.draws_per_flush);
        }
    }

    void run_one_block(const LaunchArgs<Scalar>& launch, std::int64_t block, int draws_per_flush) {
        std::vector<Scalar> shared_tables(tables_.values().size(), std::numeric_limits<Scalar>::quiet_NaN());
        for (int thread = 0; thread < Threads; ++thread) copy_tables(launch, thread, Threads, shared_tables.data());
        const ChainArgs<Scalar> args = with_tables_at(tables_.args(launch.tables), launch.tables,
                                                      static_cast<const Scalar*>(shared_tables.data()));
        std::vector<std::int32_t> storage(Thread::Stage::values, std::numeric_limits<std::int32_t>::max());
        typename Thread::Stage stage(storage.data());
        HostTeam<Thread> team(args, launch, block, Threads);
        run_block(args, launch, team, stage, draws_per_flush);
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
    std::size_t shards_, row_;
    std::vector<Scalar> position_, velocity_;
    std::vector<std::uint8_t> diverged_;
    std::vector<std::uint64_t> totals_, first_bad_step_;
};

}  // namespace stationary::host_launch
