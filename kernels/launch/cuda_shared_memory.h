#pragma once

namespace stationary {

/// Lets a kernel have, on the current device, all the dynamic shared memory that a block can have there; without it a
/// launch gets 48 KiB at most. Asks the runtime once per kernel and device. Never for what one launch needs: the limit
/// belongs to the kernel, so that a thread that sets a lower one would have another's larger launch refused. Throws
/// CudaError. Test: cuda_backend_test.cpp (calls_with_tables_of_different_sizes_at_once).
void allow_all_shared_memory(const void* kernel);

}  // namespace stationary
