#include "kernels/backend.h"
#include "kernels/cell_tables.h"
#include "kernels/compiled_dimension.h"
#include "kernels/cuda_device.h"
#include "kernels/cuda_launch.h"
#include "kernels/cuda_memory.h"
#include "kernels/cuda_range.h"
#include "kernels/cuda_window.h"
#include "kernels/largest_launch.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

namespace stationary {
namespace {

constexpr std::int64_t most_chains_at_once = std::int64_t{1}
                                             << 20;  // four full waves on the largest GPU; more only delays results
constexpr double most_updates_per_step = 0x1p36;     // a step cannot be cut: about a tenth of a second
constexpr std::int64_t spare_memory = std::int64_t{64} << 20;  // for the driver

const CudaStepFunctions& step_functions(const CellProgram& program) {
    if (program.stepper == Stepper::langevin) return cuda_langevin_step;
    switch (program.oracle) {
        case Oracle::quadratic:
            return cuda_quadratic_step;
        case Oracle::least_squares:
            return cuda_least_squares_step;
        case Oracle::finite_quadratic:
            return cuda_finite_quadratic_step;
        case Oracle::gaussian_regression:
            return cuda_gaussian_regression_step;
    }
    throw std::invalid_argument("cell program: unknown oracle");
}

/// The kernels of a program in single precision.
CudaLaunchFunction<float> single_precision_step(const CellProgram& program) {
    if (program.fast_normals) {
        if (program.stepper == Stepper::langevin) return cuda_langevin_fast_normals;
        if (program.oracle == Oracle::quadratic) return cuda_quadratic_fast_normals;
        if (program.oracle == Oracle::gaussian_regression) return cuda_gaussian_regression_fast_normals;
    }
    return step_functions(program).single_precision;
}

/// What a profile shows of a cell: "langevin d=10 fast".
std::string cell_text(const CellProgram& program) {
    constexpr const char* oracles[] = {"quadratic", "least_squares", "finite_quadratic", "gaussian_regression"};
    std::string text = program.stepper == Stepper::langevin ? "langevin" : oracles[static_cast<int>(program.oracle)];
    text += " d=" + std::to_string(program.dimension);
    if (program.stepper == Stepper::sgd) text += " B=" + std::to_string(program.batch_size);
    return text + (program.double_precision ? " double" : "") + (program.fast_normals ? " fast" : "");
}

std::string range_text(std::int64_t first, std::int64_t end) {
    return std::to_string(first) + " to " + std::to_string(end - 1);
}

/// Component updates that one step of one chain makes.
double updates_per_chain(const CellProgram& program) {
    const std::int64_t vectors = program.stepper == Stepper::sgd ? program.batch_size : 1;
    return static_cast<double>(vectors) * program.dimension;
}

std::int64_t bytes_per_shard(const CellProgram& program) {
    const std::int64_t real = program.double_precision ? 8 : 4;
    const std::int64_t vectors = step_functions(program).velocity == Velocity::kept ? 2 : 1;
    const std::int64_t totals = 8 * (TotalsRow::words(program.dimension) + 1);
    return program.shard_chains * (vectors * program.dimension * real + 1) + totals;
}

template <class Scalar>
CellTables<Scalar> tables_of(const CellProgram& program) {
    const int dimension = compiled_dimension(program.dimension);
    return CellTables<Scalar>(program, dimension, ScalarLanes<Scalar>::row_stride(dimension));
}

std::int64_t table_bytes(const CellProgram& program) {
    const auto of = [&]<class Scalar>(Scalar) {
        return static_cast<std::int64_t>(tables_of<Scalar>(program).values().size() * sizeof(Scalar));
    };
    return program.double_precision ? of(double{}) : of(float{});
}

/// The most shards that one launch takes, memory aside: at least one, however large it is.
std::int64_t shards_cap(const CellProgram& program) {
    const double chains =
        std::min(static_cast<double>(most_chains_at_once), most_updates_per_step / updates_per_chain(program));
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(chains) / program.shard_chains);
}

std::int64_t shards_at_once(const CellProgram& program) {
    std::size_t free = 0;
    std::size_t total = 0;
    STATIONARY_CUDA_CALL(cudaMemGetInfo(&free, &total));
    const std::int64_t room = (static_cast<std::int64_t>(free) - spare_memory) / bytes_per_shard(program);
    return std::clamp<std::int64_t>(room, 1, shards_cap(program));
}

/// Device memory for some shards at once, and the launches that take them from their first step to their last.
template <class Scalar>
class ShardGroup {
  public:
    ShardGroup(const CellProgram& program, std::int64_t shards, CudaLaunchFunction<Scalar> launch, int device)
        : program_(program),
          launch_(launch),
          host_tables_(tables_of<Scalar>(program)),
          tables_(host_tables_.values().size()),
          position_(state_size(shards)),
          velocity_(step_functions(program).velocity == Velocity::kept ? state_size(shards) : 0),
          diverged_(static_cast<std::size_t>(shards * program.shard_chains)),
          totals_(static_cast<std::size_t>(shards) * row_words()),
          first_bad_step_(static_cast<std::size_t>(shards)),
          window_(static_cast<double>(shards * program.shard_chains), updates_per_chain(program)) {
        int limit = 0;
        STATIONARY_CUDA_CALL(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
        shared_limit_ = static_cast<std::size_t>(limit);
        const ProfilerRange phase("tables");
        tables_.copy_from(host_tables_.values(), stream_.get());
    }

    /// Runs the shards of the range, no more than the group was made for.
    std::vector<ShardMoments> run(ShardRange range) {
        const ProfilerRange shards("shards " + range_text(range.first, range.last));
        diverged_.fill_bytes(0, stream_.get());
        totals_.fill_bytes(0, stream_.get());
        first_bad_step_.fill_bytes(0xff, stream_.get());
        LaunchArgs<Scalar> launch = launch_args(range);
        // A chain without steps has a draw all the same: its start.
        do {
            const ProfilerRange phase("steps from " + std::to_string(launch.first_step));
            launch.last_step = std::min(program_.steps(), launch.first_step + window_.steps());
            run_launch(launch);
            launch.first_step = launch.last_step;
        } while (launch.first_step < program_.steps());
        return read(range);
    }

  private:
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
        launch.table_values = static_cast<std::int64_t>(host_tables_.values_of_every_step());
        return launch;
    }

    void run_launch(const LaunchArgs<Scalar>& launch) {
        start_.record(stream_.get());
        launch_(host_tables_.args(tables_.data()), launch, shared_limit_, stream_.get());
        end_.record(stream_.get());
        end_.wait();
        window_.measured(launch.last_step - launch.first_step, end_.seconds_since(start_));
    }

    [[nodiscard]] std::vector<ShardMoments> read(ShardRange range) const {
        const ProfilerRange phase("moments");
        const auto shards = static_cast<std::size_t>(range.last - range.first);
        const auto totals = totals_.to_host(shards * row_words(), stream_.get());
        const auto first_bad_step = first_bad_step_.to_host(shards, stream_.get());
        std::vector<ShardMoments> moments;
        for (std::size_t s = 0; s < shards; ++s) {
            moments.push_back(read_totals(totals.data() + s * row_words(), first_bad_step[s],
                                          range.first + static_cast<std::int64_t>(s), program_.dimension));
        }
        return moments;
    }

    const CellProgram& program_;
    CudaLaunchFunction<Scalar> launch_;
    CellTables<Scalar> host_tables_;
    CudaStream stream_;
    CudaEvent start_, end_;
    DeviceArray<Scalar> tables_, position_, velocity_;
    DeviceArray<std::uint8_t> diverged_;
    DeviceArray<std::uint64_t> totals_, first_bad_step_;
    StepWindow window_;
    std::size_t shared_limit_ = 0;
};

/// The totals of a shard stay exact for most_additions additions: a flush makes at most one per thread, and a block
/// flushes once per draws_between_flushes draws and once per launch.
void check_flushes(const CellProgram& program) {
    const auto blocks =
        static_cast<double>(make_launch_map(0, 1, program.shard_chains, cuda_block_threads).blocks_per_shard);
    const auto draws = static_cast<double>(program.draws);
    const double flushes = blocks * (draws / draws_between_flushes(cuda_block_threads) + std::min(draws, 1e6));
    const double bound = flushes * cuda_block_threads;
    if (bound >= static_cast<double>(TotalsRow::most_additions)) {
        throw std::invalid_argument("too many chains and draws for one shard on the GPU");
    }
}

class CudaBackend final : public Backend {
  public:
    explicit CudaBackend(int device) : device_(device) {}

    [[nodiscard]] BackendInfo info() const override {
        cudaDeviceProp properties;
        STATIONARY_CUDA_CALL(cudaGetDeviceProperties(&properties, device_));
        return {"cuda", properties.name, 0,
                "sm_" + std::to_string(properties.major) + std::to_string(properties.minor)};
    }

    void run(const CellProgram& program, ShardRange range, const ShardSink& sink) override {
        check_program(program);
        check_flushes(program);
        if (program.fast_normals && program.double_precision) {
            throw std::invalid_argument("fast normals go with single precision only");
        }
        const ProfilerRange cell("cell " + cell_text(program));
        STATIONARY_CUDA_CALL(cudaSetDevice(device_));
        if (program.double_precision) {
            run_range(program, step_functions(program).double_precision, range, sink);
        } else {
            run_range(program, single_precision_step(program), range, sink);
        }
    }

    [[nodiscard]] std::int64_t memory_bytes(const CellProgram& program, std::int64_t shards) const override {
        return table_bytes(program) + std::min(shards, shards_cap(program)) * bytes_per_shard(program);
    }

  private:
    template <class Scalar>
    void run_range(const CellProgram& program, CudaLaunchFunction<Scalar> launch, ShardRange range,
                   const ShardSink& sink) const {
        if (range.first >= range.last) return;
        std::int64_t at_once = std::min(shards_at_once(program), range.last - range.first);
        const auto group = make_largest<CudaOutOfMemory>(at_once, [&](std::int64_t shards) {
            return std::make_unique<ShardGroup<Scalar>>(program, shards, launch, device_);
        });
        bool go_on = true;
        for (std::int64_t first = range.first; go_on && first < range.last; first += at_once) {
            for (ShardMoments& moments : group->run({first, std::min(first + at_once, range.last)})) {
                if (!sink(std::move(moments))) go_on = false;
            }
        }
    }

    int device_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(int device) {
    const CudaStatus status = cuda_status(device);
    if (!status.usable) throw std::runtime_error(status.reason);
    const cudaError_t error = try_device(device);
    if (error != cudaSuccess) throw std::runtime_error(why_unusable(error));
    return std::make_unique<CudaBackend>(device);
}

}  // namespace stationary
