#pragma once

#include "kernels/chain/run_chain.h"
#include "kernels/cuda/cuda_group.h"
#include "kernels/launch/cuda_wide_launch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace stationary {

/// Dynamic shared memory of one chain of more than max_compiled_dimension components.
std::size_t wide_shared_bytes(const CellProgram& program);

/// The kernels for a warp per chain; in the second form those in the precision of the state, with the normals that the
/// program asks for.
const CudaWideFunctions& wide_functions(const CellProgram& program);
template <class Scalar>
CudaWideFunction<Scalar> wide_launch_function(const CellProgram& program);
template <>
CudaWideFunction<float> wide_launch_function<float>(const CellProgram& program);
template <>
CudaWideFunction<double> wide_launch_function<double>(const CellProgram& program);

/// Warps of a block: as many as leave room for four blocks in the shared memory that one block may have. Throws
/// std::invalid_argument where there is none for a single chain.
inline int wide_warps(std::size_t shared_bytes_of_chain, std::size_t shared_limit) {
    const std::size_t fit = shared_limit / shared_bytes_of_chain;
    if (fit == 0) throw std::invalid_argument("this GPU has too little shared memory for chains of this dimension");
    return static_cast<int>(std::clamp<std::size_t>(fit / 4, 1, cuda_wide_warps));
}

/// A warp per chain. Every draw ends a kernel, after which another adds its products.
template <class Scalar>
class WideShardGroup : public ShardBuffers<Scalar, WideShardGroup<Scalar>> {
  public:
    WideShardGroup(const CellProgram& program, std::int64_t shards, const DeviceTables<Scalar>& tables,
                   const CudaStream& stream, std::size_t shared_limit)
        : ShardBuffers<Scalar, WideShardGroup<Scalar>>(program, shards, table_dimension(program.dimension),
                                                       wide_functions(program).has_velocity, tables, stream),
          warps_(wide_warps(wide_shared_bytes(program), shared_limit)),
          stage_(this->chains(shards) * static_cast<std::size_t>(stage_length(program.dimension)), stream.get()) {
        stage_.fill_bytes(0);  // the rest behind each draw, which the kernels leave as it is
    }

    void prepare(ShardRange range) {
        this->set_buffers(launch_, range, warps_);
        launch_.stage = stage_.data();
    }

    void put_steps(std::int64_t first, std::int64_t last) {
        const CellProgram& p = this->program_;
        launch_.first_step = first;
        for (std::int64_t draw = next_draw(p, first); draw < p.draws; ++draw) {
            const std::int64_t due = p.burn_in + draw * p.stride;
            if (due > last) break;
            put_kernel(due, true);
            const WideProducts products{stage_.data(), launch_.totals, p.shard_chains, p.dimension};
            launch_wide_products(products, launch_.map.shards, this->stream_.get());
        }
        if (launch_.first_step < last) put_kernel(last, false);
    }

  private:
    void put_kernel(std::int64_t last, bool draw) {
        launch_.last_step = last;
        launch_.draw = draw;
        wide_launch_function<Scalar>(this->program_)(this->tables_.args(), launch_, warps_,
                                                     wide_shared_bytes(this->program_), this->stream_.get());
        launch_.first_step = last;
    }

    int warps_;
    DeviceArray<std::int32_t> stage_;
    WideLaunch<Scalar> launch_{};
};

}  // namespace stationary
