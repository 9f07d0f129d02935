#pragma once

#include "bench/session.h"
#include "host/experiment/experiment.h"

#include <string>

namespace stationary::bench {

/// What passes through an experiment did.
struct PassTotals {
    double cells = 0.0;
    double component_steps = 0.0;
    double training_points = 0.0;     ///< of the SGD cells
    double seconds_in_chains = 0.0;   ///< wall-clock
    double seconds_at_ceiling = 0.0;  ///< what the chains would take at the ceiling of each cell; 0 without ceilings

    PassTotals& operator+=(const PassTotals& other);
};

/// What `stationary run FILE --json` does, from reading the file to the text of the results, on the session's backend.
PassTotals run_pass(const Session& session, const std::string& path, const Overrides& overrides);

}  // namespace stationary::bench
