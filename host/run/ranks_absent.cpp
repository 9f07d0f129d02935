// ranks.h in a build without MPI: one rank.
#include "host/base/error.h"
#include "host/run/launcher.h"
#include "host/run/ranks.h"

#include <fmt/format.h>

namespace stationary {

RankPlace join_ranks() {
    if (const auto launched = launched_rank())
        throw InputError(
            fmt::format("started as {} processes, but this build has no MPI: start one, or give each a "
                        "--shard-range and an --out of its own",
                        launched->ranks));
    return {};
}

RankSupport rank_support() { return {}; }

std::string share_text(const std::string& text) { return text; }

void coordinate(const std::shared_ptr<Workload>& work, const StopRequest& stop,
                const std::function<void(const std::string&)>&) {
    simulate(work, stop);
}

void serve(const std::shared_ptr<Workload>&, const StopRequest&) {}

void give_up(const std::string&) {}

void leave_ranks(int) {}

}  // namespace stationary
