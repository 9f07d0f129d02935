#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace stationary {

/// Why a GPU cannot be used, in one line, from the error that trying gave.
std::string why_unusable(cudaError_t error);

/// Tries a device: whether it has a context to give and this build has code for it. Selects it for the calling thread.
cudaError_t try_device(int device);

}  // namespace stationary
