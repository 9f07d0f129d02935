#pragma once

#include "host/run/stop.h"
#include "host/run/workers.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stationary {

// Several processes that share one run, by MPI. Rank 0 plans, hands out shards as the others ask for them, keeps the
// journal and judges; every rank computes, rank 0 as well. A build without MPI has the same functions, for one rank.
// Test: ranks_test.cpp.

/// Where this process stands.
struct RankPlace {
    int rank = 0;
    int ranks = 1;
    int local_rank = 0;    ///< among those of this machine: which GPUs are its own
    int local_ranks = 1;   ///< of this machine
    int core_sharers = 1;  ///< ranks that may run on the same cores as this one: they share them evenly
};

/// Starts MPI if a launcher started this process as one of several (launcher.h); alone it touches nothing. Throws
/// InputError in a build without MPI whose processes would all do the same.
RankPlace join_ranks();

/// Whether this build has MPI, and its library's version.
struct RankSupport {
    bool compiled = false;
    std::string library;
};
RankSupport rank_support();

/// Rank 0's text, on every rank. Each rank calls it once, before coordinate and serve. An empty text tells the others
/// that there is no run: rank 0 ended before it came to share one (leave_ranks).
std::string share_text(const std::string& text);

/// Rank 0: hands out the collection's shards to all ranks, this one included, until they are done or something asks to
/// stop; those in flight have grace_seconds then. Shards of a rank that gave up are handed to others, and `note` says
/// so. Throws as simulate.
void coordinate(const std::shared_ptr<Workload>& work, const StopRequest& stop,
                const std::function<void(const std::string&)>& note);

/// The others: asks rank 0 for tasks and sends the moments back, with as many workers as keep the backend busy, until
/// there are none or something asks to stop. Throws as run_shards.
void serve(const std::shared_ptr<Workload>& work, const StopRequest& stop);

/// The others: tells rank 0 that this rank takes no further part, and why; what was in flight is handed to others.
void give_up(const std::string& why);

/// Ends MPI, if it was started, with this process about to exit with the code. Ranks that are still at work are ended
/// with it.
void leave_ranks(int exit_code);

}  // namespace stationary
