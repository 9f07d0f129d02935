#pragma once

#include "tests/cuda_emulator/fiber.h"

namespace emulator {

/// What a lane of a warp gets of an operation in which the lanes `present` take part. Sets `predicate`, and
/// `missing_lane` if the lane reads one that does not take part.
u64 warp_result(const Fiber* lanes, u32 lane, u32 present, u8& predicate, int& missing_lane);

}  // namespace emulator
