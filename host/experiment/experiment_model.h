#pragma once

#include "host/experiment/experiment.h"
#include "host/experiment/toml_value.h"

namespace stationary {

/// Reads [model]: the keys of its kind, each by itself. Throws InputError naming the key; also for keys of another
/// kind.
ModelSpec read_model(const Document& document);

}  // namespace stationary
