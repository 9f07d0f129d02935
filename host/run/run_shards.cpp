#include "host/run/run_shards.h"

#include "host/base/error.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace stationary {
namespace {

/// Runs a range, giving what a backend throws its exit code: a program that it cannot run is bad input, a GPU that
/// fails is lost. What the sink throws has one already.
void run_range(Backend& backend, const CellProgram& program, ShardRange range, const ShardSink& sink) {
    try {
        backend.run(program, range, sink);
    } catch (const UserError&) {
        throw;
    } catch (const std::invalid_argument& error) {
        throw InputError(std::string("the backend cannot run this: ") + error.what());
    } catch (const std::runtime_error& error) {
        if (backend.info().kind != "cuda") throw;
        throw UserError(ExitCode::device_lost, std::string("the GPU failed: ") + error.what());
    }
}

}  // namespace

std::vector<ShardRange> all_shards(const std::vector<CellPlan>& plans) {
    std::vector<ShardRange> ranges;
    for (const CellPlan& plan : plans) ranges.push_back({0, plan.shards});
    return ranges;
}

void run_shards(const Launch& launch, ShardRange range, const StopRequest& stop, const TimedSink& sink) {
    SharedTime own;
    WorkTime time(launch.time != nullptr ? *launch.time : own);
    const ShardSink timed(
        [&](ShardMoments&& moments) {
            sink(std::move(moments), time.charge());
            return !stop.stop();
        },
        [&stop] { return stop.stop(); });
    for (std::int64_t first = range.first; first < range.last && !stop.stop(); first += launch.shards_at_once) {
        const ShardRange some{first, std::min(range.last, first + launch.shards_at_once)};
        run_range(launch.backend, launch.program, some, timed);
    }
}

CellRun run_cell(Backend& backend, const CellPlan& plan, std::int64_t shards_at_once, const StopRequest& stop,
                 Progress& progress) {
    const std::vector<CellPlan> plans{plan};
    Collection collection(plans, all_shards(plans), nullptr, progress);
    const TimedSink sink = [&collection](ShardMoments&& moments, double seconds) {
        collection.add(0, std::move(moments), seconds);
    };
    run_shards({backend, plan.program, shards_at_once}, {0, plan.shards}, stop, sink);
    return collection.close().front();
}

}  // namespace stationary
