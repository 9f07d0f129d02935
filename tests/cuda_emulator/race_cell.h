#pragma once

#include "tests/cuda_emulator/device.h"

namespace emulator {

/// Who touched a word of memory, and after which barriers: a phase is what lies between two of them, and has a number
/// that no other one has, of whichever block and launch.
struct Touch {
    u64 block, phase, warp_phase;
    u32 thread;
    u8 bytes;  ///< mask within the word
    bool atomic;
};

/// What of a word is remembered to find races: its last writer; the first and last reader of a phase, one of which is
/// not the thread that writes later; and the last reader of the block before.
struct RaceCell {
    Touch write, first_read, last_read, foreign_read;
};

}  // namespace emulator
