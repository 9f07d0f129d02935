#pragma once

#include "kernels/interface/cell_program.h"
#include "kernels/interface/shard_moments.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace stationary {

/// What a backend runs on, for reports.
struct BackendInfo {
    std::string kind;    ///< "cpu" or "cuda"
    std::string device;  ///< processor or GPU name; of unlike GPUs all names
    int threads = 0;     ///< cpu: worker threads
    std::string simd;    ///< cpu: "generic", "avx2", "avx512"; cuda: "sm_90"
    int devices = 1;     ///< cuda: GPUs
    int workers = 1;     ///< calls of Backend::run at once that keep it busy
};

/// A range of shards of one cell.
struct ShardRange {
    std::int64_t first = 0;
    std::int64_t last = 0;  ///< one past the end
};

/// Where one call of Backend::run puts its shards, and whether it is to go on. Made from a function that takes the
/// moments, as it stands or with one that says whether to stop.
class ShardSink {
  public:
    using Deliver = std::function<bool(ShardMoments&&)>;
    using Stop = std::function<bool()>;

    template <class Function>
    requires std::is_invocable_r_v<bool, Function&, ShardMoments&&> ShardSink(Function deliver, Stop stop = {})
        : deliver_(std::move(deliver)), stop_(std::move(stop)) {}

    /// Called after each finished shard, one call at a time (a backend with several threads takes a lock). Returning
    /// false asks the backend to take no further shards; it may still deliver those in flight.
    bool operator()(ShardMoments&& moments) const { return deliver_(std::move(moments)); }

    /// Whether to stop although no shard has ended. A backend that takes a shard in several launches asks between them,
    /// and drops what is in flight: dropped shards are not delivered.
    [[nodiscard]] bool stop() const { return stop_ && stop_(); }

  private:
    Deliver deliver_;
    Stop stop_;
};

/// Runs shards. The only place with a virtual call. All functions may be called from several threads at once: calls of
/// `run` then share the device, and info().workers of them fill it.
class Backend {
  public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual BackendInfo info() const = 0;

    /// Runs every shard of the range and hands its moments to `sink`, in any order. The program stays as it is for the
    /// whole call.
    /// Throws std::invalid_argument for a program it cannot run (dimension above max_dimension, fast normals on the
    /// CPU).
    virtual void run(const CellProgram& program, ShardRange range, const ShardSink& sink) = 0;

    /// Bytes of memory that running `shards` shards of the program at once takes, beyond a constant of a few MiB.
    [[nodiscard]] virtual std::int64_t memory_bytes(const CellProgram& program, std::int64_t shards) const = 0;
};

/// SIMD level of the CPU backend.
enum class SimdLevel { generic, avx2, avx512 };

/// The best level that this build has and this processor runs.
SimdLevel best_simd_level();
bool simd_level_available(SimdLevel level);
std::string to_string(SimdLevel level);

/// CPU backend. threads 0 = all cores (OMP_NUM_THREADS respected). Throws std::invalid_argument if the level is not
/// available.
std::unique_ptr<Backend> make_cpu_backend(int threads, SimdLevel level);

/// Which of the processes that run here together this one is.
struct LocalPlace {
    int rank = 0;
    int ranks = 1;
};

/// Whether a GPU can be used, and if not why, in one line. In a build without CUDA: never, and it says so.
struct CudaStatus {
    bool compiled = false;  ///< the build has the CUDA backend
    bool usable = false;
    std::string reason;                ///< why not usable; empty otherwise
    std::vector<std::string> devices;  ///< "0: NVIDIA H100, sm_90, 78 GiB"
    std::vector<int> usable_devices;   ///< numbers of those that this process may take, and that work
};
/// Tries the devices that fall to this process (device_share.h).
CudaStatus cuda_status(LocalPlace place = {});

/// Streams on each device, and so workers, unless told otherwise: one small cell of 64 shards is some 64 blocks, and a
/// large GPU holds 500 and more.
constexpr int default_cuda_streams = 8;

/// CUDA backend on some devices; calls of run are spread evenly over the streams of all. Throws std::runtime_error in
/// one line if one of the devices is not usable.
std::unique_ptr<Backend> make_cuda_backend(const std::vector<int>& devices,
                                           int streams_per_device = default_cuda_streams);
std::unique_ptr<Backend> make_cuda_backend(int device);

}  // namespace stationary
