#pragma once

#include "kernels/interface/cell_program.h"

#include <cstdint>

namespace stationary {

/// Hash of everything that a kernel reads of a program, but for the training points, which the program's own key covers
/// (Cell::key). Shards whose plans have one key may be pooled; it tells apart burn-ins, strides, fixed-point scales and
/// shard sizes, and whether two builds compute the same inputs to the last bit. Test: plan_key_test.cpp, every field.
std::uint64_t plan_key(const CellProgram& program);

}  // namespace stationary
