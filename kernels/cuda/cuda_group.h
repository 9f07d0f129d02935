#pragma once

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/cuda/cuda_memory.h"
#include "kernels/cuda/cuda_program.h"
#include "kernels/cuda/cuda_range.h"
#include "kernels/cuda/launch_pipeline.h"
#include "kernels/cuda/wide_tables.h"
#include "kernels/interface/backend.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stationary {

/// A program's tables in device memory, for any stream of the device: they are there once this is made. Those of wide
/// chains are column-major.
template <class Scalar>
class DeviceTables {
  public:
    DeviceTables(const CellProgram& program, const CudaStream& stream)
        : host_(program, table_dimension(program.dimension), table_row_stride<Scalar>(program)),
          values_(host_.values().size(), stream.get()) {
        const ProfilerRange phase("tables");
        const bool wide = program.dimension > max_compiled_dimension;
        const auto columns = wide ? values_by_columns(host_, program.dimension) : std::vector<Scalar>();
        values_.copy_from(wide ? columns : host_.values());
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
/// one stream. Tables and stream must outlive it. Group, which derives from this, has prepare(range) and
/// put_steps(first, last), which puts steps first + 1 … last into the stream.
template <class Scalar, class Group>
class ShardBuffers {
  public:
    /// Whoever comes next may free the tables, also after a failure.
    ~ShardBuffers() { static_cast<void>(cudaStreamSynchronize(stream_.get())); }
    ShardBuffers(const ShardBuffers&) = delete;
    ShardBuffers& operator=(const ShardBuffers&) = delete;

    /// Runs the shards of the range, no more than the group was made for. False if the sink asked to stop; a request
    /// that comes before the last launch drops the shards.
    bool run(ShardRange range, const ShardSink& sink) {
        const ProfilerRange shards("shards " + std::to_string(range.first) + " to " + std::to_string(range.last - 1));
        diverged_.fill_bytes(0);
        totals_.fill_bytes(0);
        first_bad_step_.fill_bytes(0xff);
        group().prepare(range);
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
        Events& events = events_[static_cast<std::size_t>(slot)];
        events.start.record(stream_.get());
        group().put_steps(first, last);
        events.end.record(stream_.get());
    }
    double wait(int slot) {
        const ProfilerRange phase("wait");
        const Events& events = events_[static_cast<std::size_t>(slot)];
        events.end.wait();
        return events.end.seconds_since(events.start);
    }

  protected:
    /// `components` numbers per vector of a chain's state.
    ShardBuffers(const CellProgram& program, std::int64_t shards, int components, bool has_velocity,
                 const DeviceTables<Scalar>& tables, const CudaStream& stream)
        : program_(program),
          tables_(tables),
          stream_(stream),
          position_(chains(shards) * static_cast<std::size_t>(components), stream.get()),
          velocity_(has_velocity ? chains(shards) * static_cast<std::size_t>(components) : 0, stream.get()),
          diverged_(chains(shards), stream.get()),
          totals_(static_cast<std::size_t>(shards) * row_words(), stream.get()),
          first_bad_step_(static_cast<std::size_t>(shards), stream.get()),
          window_(static_cast<double>(chains(shards))) {}

    [[nodiscard]] std::size_t chains(std::int64_t shards) const {
        return static_cast<std::size_t>(shards * program_.shard_chains);
    }
    /// The part of a launch's arguments that both kinds of kernels have.
    template <class Launch>
    void set_buffers(Launch& launch, ShardRange range, int chains_per_block) const {
        launch.map = make_launch_map(range.first, range.last - range.first, program_.shard_chains, chains_per_block);
        launch.position = position_.data();
        launch.velocity = velocity_.data();
        launch.diverged = diverged_.data();
        launch.totals = totals_.data();
        launch.first_bad_step = first_bad_step_.data();
    }

    const CellProgram& program_;
    const DeviceTables<Scalar>& tables_;
    const CudaStream& stream_;

  private:
    struct Events {
        CudaEvent start, end;
    };

    Group& group() { return static_cast<Group&>(*this); }
    [[nodiscard]] std::size_t row_words() const {
        return static_cast<std::size_t>(TotalsRow::words(program_.dimension));
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

    std::array<Events, 2> events_;  ///< around the launch in each slot
    DeviceArray<Scalar> position_, velocity_;
    DeviceArray<std::uint8_t> diverged_;
    DeviceArray<std::uint64_t> totals_, first_bad_step_;
    StepWindow window_;
};

/// A thread per chain.
template <class Scalar>
class ShardGroup : public ShardBuffers<Scalar, ShardGroup<Scalar>> {
  public:
    ShardGroup(const CellProgram& program, std::int64_t shards, const DeviceTables<Scalar>& tables,
               const CudaStream& stream, std::size_t shared_limit)
        : ShardBuffers<Scalar, ShardGroup<Scalar>>(program, shards, program.dimension,
                                                   step_functions(program).velocity == Velocity::kept, tables, stream),
          shared_limit_(shared_limit) {}

    void prepare(ShardRange range) {
        this->set_buffers(launch_, range, cuda_block_threads);
        launch_.tables = this->tables_.data();
        launch_.table_values = static_cast<std::int64_t>(this->tables_.values_of_every_step());
    }

    void put_steps(std::int64_t first, std::int64_t last) {
        launch_.first_step = first;
        launch_.last_step = last;
        launch_function<Scalar>(this->program_)(this->tables_.args(), launch_, shared_limit_, this->stream_.get());
    }

  private:
    std::size_t shared_limit_;
    LaunchArgs<Scalar> launch_{};
};

}  // namespace stationary
