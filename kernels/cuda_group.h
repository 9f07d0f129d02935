#pragma once

#include "kernels/backend.h"
#include "kernels/cell_tables.h"
#include "kernels/compiled_dimension.h"
#include "kernels/cuda_memory.h"
#include "kernels/cuda_program.h"
#include "kernels/cuda_range.h"
#include "kernels/launch_pipeline.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stationary {

/// A program's tables in device memory, for any stream of the device: they are there once this is made.
template <class Scalar>
class DeviceTables {
  public:
    DeviceTables(const CellProgram& program, const CudaStream& stream)
        : host_(program, compiled_dimension(program.dimension),
                ScalarLanes<Scalar>::row_stride(compiled_dimension(program.dimension))),
          values_(host_.values().size(), stream.get()) {
        const ProfilerRange phase("tables");
        values_.copy_from(host_.values());
        stream.wait();
    }
    [[nodiscard]] const Scalar* data() const { return values_.data(); }
    [[nodiscard]] ChainArgs<Scalar> args() const { return host_.args(values_.data()); }
    /// How many of them are worth a copy in shared memory.
    [[nodiscard]] std::size_t values_of_every_step() const { return host_.values_of_every_step(); }

  private:
    CellTables<Scalar> host_;
    DeviceArray<Scalar> values_;
};

/// Device memory for some shards at once, and the launches that take them from their first step to their last, all in
/// one stream. Tables and stream must outlive it.
template <class Scalar>
class ShardGroup {
  public:
    ShardGroup(const CellProgram& program, std::int64_t shards, const DeviceTables<Scalar>& tables,
               const CudaStream& stream, std::size_t shared_limit)
        : program_(program),
          tables_(tables),
          stream_(stream),
          shared_limit_(shared_limit),
          position_(state_size(shards), stream.get()),
          velocity_(step_functions(program).velocity == Velocity::kept ? state_size(shards) : 0, stream.get()),
          diverged_(static_cast<std::size_t>(shards * program.shard_chains), stream.get()),
          totals_(static_cast<std::size_t>(shards) * row_words(), stream.get()),
          first_bad_step_(static_cast<std::size_t>(shards), stream.get()),
          window_(static_cast<double>(shards * program.shard_chains)) {}
    /// Whoever comes next may free the tables, also after a failure.
    ~ShardGroup() { static_cast<void>(cudaStreamSynchronize(stream_.get())); }
    ShardGroup(const ShardGroup&) = delete;
    ShardGroup& operator=(const ShardGroup&) = delete;

    /// Runs the shards of the range, no more than the group was made for. False if the sink asked to stop; a request
    /// that comes before the last launch drops the shards.
    bool run(ShardRange range, const ShardSink& sink) {
        const ProfilerRange shards("shards " + std::to_string(range.first) + " to " + std::to_string(range.last - 1));
        diverged_.fill_bytes(0);
        totals_.fill_bytes(0);
        first_bad_step_.fill_bytes(0xff);
        launch_ = launch_args(range);
        const LaunchPlan plan{program_.burn_in, program_.steps(), step_cost(program_)};
        LaunchPipeline pipeline(plan, window_, *this);
        if (!pipeline.run([&sink] { return sink.stop(); })) return false;
        bool go_on = true;
        for (ShardMoments& moments : read(range)) {
            if (!sink(std::move(moments))) go_on = false;
        }
        return go_on;
    }

    // For LaunchPipeline.
    void launch(int slot, std::int64_t first, std::int64_t last) {
        const ProfilerRange phase("launch steps " + std::to_string(first + 1) + " to " + std::to_string(last));
        launch_.first_step = first;
        launch_.last_step = last;
        Events& events = events_[static_cast<std::size_t>(slot)];
        events.start.record(stream_.get());
        launch_function<Scalar>(program_)(tables_.args(), launch_, shared_limit_, stream_.get());
        events.end.record(stream_.get());
    }
    double wait(int slot) {
        const ProfilerRange phase("wait");
        const Events& events = events_[static_cast<std::size_t>(slot)];
        events.end.wait();
        return events.end.seconds_since(events.start);
    }

  private:
    struct Events {
        CudaEvent start, end;
    };

    [[nodiscard]] std::size_t state_size(std::int64_t shards) const {
        return static_cast<std::size_t>(shards * program_.shard_chains) * static_cast<std::size_t>(program_.dimension);
    }
    [[nodiscard]] std::size_t row_words() const {
        return static_cast<std::size_t>(TotalsRow::words(program_.dimension));
    }

    [[nodiscard]] LaunchArgs<Scalar> launch_args(ShardRange range) const {
        LaunchArgs<Scalar> launch{};
        launch.map = make_launch_map(range.first, range.last - range.first, program_.shard_chains, cuda_block_threads);
        launch.position = position_.data();
        launch.velocity = velocity_.data();
        launch.diverged = diverged_.data();
        launch.totals = totals_.data();
        launch.first_bad_step = first_bad_step_.data();
        launch.tables = tables_.data();
        launch.table_values = static_cast<std::int64_t>(tables_.values_of_every_step());
        return launch;
    }

    [[nodiscard]] std::vector<ShardMoments> read(ShardRange range) const {
        const ProfilerRange phase("moments");
        const auto shards = static_cast<std::size_t>(range.last - range.first);
        const auto totals = totals_.to_host(shards * row_words());
        const auto first_bad_step = first_bad_step_.to_host(shards);
        std::vector<ShardMoments> moments;
        for (std::size_t s = 0; s < shards; ++s) {
            moments.push_back(read_totals(totals.data() + s * row_words(), first_bad_step[s],
                                          range.first + static_cast<std::int64_t>(s), program_.dimension));
        }
        return moments;
    }

    const CellProgram& program_;
    const DeviceTables<Scalar>& tables_;
    const CudaStream& stream_;
    std::size_t shared_limit_;
    std::array<Events, 2> events_;  ///< around the launch in each slot
    DeviceArray<Scalar> position_, velocity_;
    DeviceArray<std::uint8_t> diverged_;
    DeviceArray<std::uint64_t> totals_, first_bad_step_;
    StepWindow window_;
    LaunchArgs<Scalar> launch_{};
};

}  // namespace stationary
