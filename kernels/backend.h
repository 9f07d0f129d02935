#pragma once

#include "kernels/cell_program.h"
#include "kernels/shard_moments.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stationary {

/// What a backend runs on, for reports.
struct BackendInfo {
    std::string kind;    ///< "cpu" or "cuda"
    std::string device;  ///< processor or GPU name
    int threads = 0;     ///< cpu: worker threads
    std::string simd;    ///< cpu: "generic", "avx2", "avx512"; cuda: "sm_90"
};

/// A range of shards of one cell.
struct ShardRange {
    std::int64_t first = 0;
    std::int64_t last = 0;  ///< one past the end
};

/// Called after each finished shard, one call at a time (a backend with several threads takes a lock). Returning false
/// asks the backend to take no further shards; it still delivers those in flight.
using ShardSink = std::function<bool(ShardMoments&&)>;

/// Runs shards. The only place with a virtual call.
class Backend {
  public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual BackendInfo info() const = 0;

    /// Runs every shard of the range and hands its moments to `sink`, in any order.
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

/// Whether a GPU can be used, and if not why, in one line. In a build without CUDA: never, and it says so.
struct CudaStatus {
    bool compiled = false;  ///< the build has the CUDA backend
    bool usable = false;
    std::string reason;                ///< why not usable; empty otherwise
    std::vector<std::string> devices;  ///< "0: NVIDIA H100, sm_90, 78 GiB"
    int device = 0;                    ///< the one that was tried
};
/// Tries device number `preferred`, counted around where there are fewer: processes of one machine that each give their
/// own number then share its GPUs evenly.
CudaStatus cuda_status(int preferred = 0);

/// CUDA backend on a device. Throws std::runtime_error with cuda_status().reason if it is not usable.
std::unique_ptr<Backend> make_cuda_backend(int device);

}  // namespace stationary
