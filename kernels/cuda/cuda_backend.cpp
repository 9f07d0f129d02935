#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/cuda_group.h"
#include "kernels/cuda/cuda_program.h"
#include "kernels/cuda/cuda_range.h"
#include "kernels/cuda/cuda_wide_group.h"
#include "kernels/cuda/largest_launch.h"
#include "kernels/cuda/memory_queue.h"
#include "kernels/cuda/shared_while_used.h"
#include "kernels/cuda/stream_pool.h"
#include "kernels/interface/backend.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

namespace stationary {
namespace {

constexpr std::int64_t spare_memory = std::int64_t{64} << 20;  // for the driver

/// One GPU: its streams, and what calls that use them at the same time share.
class CudaDevice {
  public:
    CudaDevice(int number, int streams) : number_(number) {
        const cudaError_t error = try_device(number);
        if (error != cudaSuccess) throw std::runtime_error(why_unusable(error));
        cudaDeviceProp properties;
        STATIONARY_CUDA_CALL(cudaGetDeviceProperties(&properties, number));
        name_ = properties.name;
        architecture_ = "sm_" + std::to_string(properties.major) + std::to_string(properties.minor);
        shared_limit_ = properties.sharedMemPerBlockOptin;
        keep_freed_memory();
        for (int k = 0; k < streams; ++k) streams_.push_back(std::make_unique<CudaStream>());
        std::size_t free = 0;
        std::size_t total = 0;
        STATIONARY_CUDA_CALL(cudaMemGetInfo(&free, &total));
        bytes_per_stream_ = (static_cast<std::int64_t>(free) - spare_memory) / streams;
    }

    /// For the calling thread.
    void select() const { STATIONARY_CUDA_CALL(cudaSetDevice(number_)); }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& architecture() const { return architecture_; }
    [[nodiscard]] std::size_t shared_limit() const { return shared_limit_; }
    MemoryQueue<CudaOutOfMemory>& memory() { return memory_; }
    [[nodiscard]] const CudaStream& stream(std::size_t lane) const { return *streams_[lane]; }

    /// How many shards a stream may take at once: each has an equal part of what was free at first, so that they cannot
    /// run each other out of memory. What other processes take is known only when an allocation fails.
    [[nodiscard]] std::int64_t shards_at_once(const CellProgram& program) const {
        const std::int64_t room = (bytes_per_stream_ - table_bytes(program)) / bytes_per_shard(program);
        return std::clamp<std::int64_t>(room, 1, shards_cap(program));
    }

    /// The tables of a program, once on the device however many streams run it.
    template <class Scalar>
    std::shared_ptr<DeviceTables<Scalar>> tables(const CellProgram& program, const CudaStream& stream) {
        return std::get<SharedWhileUsed<DeviceTables<Scalar>>>(tables_).get(
            &program, [&] { return std::make_unique<DeviceTables<Scalar>>(program, stream); });
    }

  private:
    /// Memory that the pool takes back from a cell goes to the next, not to the system: that would wait for the device.
    void keep_freed_memory() const {
        int pools = 0;
        STATIONARY_CUDA_CALL(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, number_));
        if (pools == 0) return;
        cudaMemPool_t pool = nullptr;
        STATIONARY_CUDA_CALL(cudaDeviceGetDefaultMemPool(&pool, number_));
        std::uint64_t most = ~std::uint64_t{0};
        STATIONARY_CUDA_CALL(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &most));
    }

    int number_;
    std::string name_, architecture_;
    std::size_t shared_limit_ = 0;
    std::int64_t bytes_per_stream_ = 0;
    std::vector<std::unique_ptr<CudaStream>> streams_;
    MemoryQueue<CudaOutOfMemory> memory_;
    std::tuple<SharedWhileUsed<DeviceTables<float>>, SharedWhileUsed<DeviceTables<double>>> tables_;
};

/// Each call of run has a stream to itself, on the device with the fewest calls: cells and groups of shards overlap, so
/// that the tail of one does not leave the device half empty.
class CudaBackend final : public Backend {
  public:
    CudaBackend(const std::vector<int>& devices, int streams)
        : lanes_(static_cast<int>(devices.size()), streams),
          info_{"cuda", "", 0, "", static_cast<int>(devices.size()), static_cast<int>(devices.size()) * streams} {
        for (const int device : devices) {
            devices_.push_back(std::make_unique<CudaDevice>(device, streams));
            add_name(info_.device, devices_.back()->name());
            add_name(info_.simd, devices_.back()->architecture());
        }
    }

    [[nodiscard]] BackendInfo info() const override { return info_; }

    void run(const CellProgram& program, ShardRange range, const ShardSink& sink) override {
        check_cuda_program(program);
        if (range.first >= range.last) return;
        const LanePool::Lease lane(lanes_);
        CudaDevice& device = *devices_[lane.device()];
        const ProfilerRange cell("cell " + cell_text(program) + " on device " + std::to_string(device.number()) +
                                 " stream " + std::to_string(lane.lane()));
        device.select();
        if (program.double_precision) {
            run_range<double>(program, range, sink, device, device.stream(lane.lane()));
        } else {
            run_range<float>(program, range, sink, device, device.stream(lane.lane()));
        }
    }

    [[nodiscard]] std::int64_t memory_bytes(const CellProgram& program, std::int64_t shards) const override {
        return table_bytes(program) + std::min(shards, shards_cap(program)) * bytes_per_shard(program);
    }

  private:
    static void add_name(std::string& names, const std::string& name) {
        if (names.find(name) == std::string::npos) names += (names.empty() ? "" : ", ") + name;
    }

    template <class Scalar>
    static void run_range(const CellProgram& program, ShardRange range, const ShardSink& sink, CudaDevice& device,
                          const CudaStream& stream) {
        if (program.dimension > max_compiled_dimension) {
            run_groups<WideShardGroup<Scalar>, Scalar>(program, range, sink, device, stream);
        } else {
            run_groups<ShardGroup<Scalar>, Scalar>(program, range, sink, device, stream);
        }
    }

    /// What a call has of a device's memory.
    template <class Group, class Scalar>
    struct Buffers {
        std::shared_ptr<DeviceTables<Scalar>> tables;
        std::int64_t at_once;  ///< shards
        std::unique_ptr<Group> group;

        Buffers(const CellProgram& program, std::int64_t most, CudaDevice& device, const CudaStream& stream)
            : tables(device.tables<Scalar>(program, stream)),
              at_once(std::min(device.shards_at_once(program), most)),
              group(make_largest<CudaOutOfMemory>(at_once, [&](std::int64_t shards) {
                  return std::make_unique<Group>(program, shards, *tables, stream, device.shared_limit());
              })) {}
    };

    template <class Group, class Scalar>
    static void run_groups(const CellProgram& program, ShardRange range, const ShardSink& sink, CudaDevice& device,
                           const CudaStream& stream) {
        const auto make = [&] {
            return std::make_unique<Buffers<Group, Scalar>>(program, range.last - range.first, device, stream);
        };
        const auto buffers = device.memory().take(make, [&sink] { return sink.stop(); });
        if (!buffers) return;
        for (std::int64_t first = range.first; first < range.last; first += buffers->at_once) {
            if (!buffers->group->run({first, std::min(first + buffers->at_once, range.last)}, sink)) return;
        }
    }

    std::vector<std::unique_ptr<CudaDevice>> devices_;
    LanePool lanes_;
    BackendInfo info_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(const std::vector<int>& devices, int streams_per_device) {
    return std::make_unique<CudaBackend>(devices, streams_per_device);
}

std::unique_ptr<Backend> make_cuda_backend(int device) { return make_cuda_backend(std::vector<int>{device}); }

}  // namespace stationary
