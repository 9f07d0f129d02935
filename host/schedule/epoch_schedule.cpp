#include "host/schedule/epoch_schedule.h"

#include "host/base/error.h"
#include "host/schedule/coarse_grid.h"
#include "host/schedule/relaxation.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

TrackedMoments tracked_from(const Vector& initial) {
    return (initial.array() != 0.0).any() ? TrackedMoments::mean_and_second : TrackedMoments::second;
}

/// Epochs to steps.
Schedule in_steps(const Schedule& epochs, std::int64_t steps_per_epoch, std::int64_t position) {
    constexpr std::int64_t most_steps = std::int64_t{1} << 58;
    if (std::max(epochs.burn_in, epochs.stride) > most_steps / steps_per_epoch - 1)
        throw std::domain_error("it takes more than 2^58 steps to relax");
    return {epochs.burn_in * steps_per_epoch + position, epochs.stride * steps_per_epoch};
}

/// In epochs: the schedule of independent batches with their state-dependent noise; none if their moments grow.
std::optional<Schedule> independent_batches(const MomentMap& map, const Vector& initial, double tolerance,
                                            std::int64_t steps_per_epoch) {
    MomentPowers powers(map, tracked_from(initial));
    const std::optional<Matrix> stationary = powers.stationary_second_moment();
    if (!stationary) return std::nullopt;
    const Schedule steps = choose_schedule(powers, map, *stationary, initial, tolerance);
    return Schedule{round_up_to_grid(std::max<std::int64_t>(ceil_divide(steps.burn_in, steps_per_epoch), 1)),
                    round_up_to_grid(ceil_divide(steps.stride, steps_per_epoch))};
}

void refuse_count(const Experiment& experiment, const Cell& cell, const char* key, std::int64_t found,
                  std::int64_t steps, std::int64_t next) {
    throw InputError(
        fmt::format("{}: {}: an epoch has {} steps, so {} is not at epoch_position {}; the next that is: {}",
                    locate(experiment, key), describe(cell), steps, found, cell.epoch_position, next));
}

}  // namespace

EpochSchedule choose_epoch_schedule(const LossModel& model, const Cell& cell, const MomentMap& map,
                                    const Vector& initial, double tolerance) {
    const EpochLaw law(model, cell, map);
    const MomentMap epoch = law.epoch_map();
    MomentPowers powers(epoch, tracked_from(initial));
    const std::optional<Matrix> at_start = powers.stationary_second_moment();
    if (!at_start) return {};
    EpochSchedule result;
    result.second = law.at_position(*at_start);
    const RelaxationMeasure measure(epoch, *result.second, initial);
    const StateMoments start = law.deviation_at_position(start_deviation(initial, *at_start));
    const std::int64_t steps = steps_per_epoch(model, cell);
    Schedule epochs = choose_schedule(powers, measure, start, *result.second, tolerance);
    if (map.has_state_noise()) {
        const std::optional<Schedule> independent = independent_batches(map, initial, tolerance, steps);
        if (!independent) return {};
        epochs.burn_in = std::max(epochs.burn_in, independent->burn_in);
        epochs.stride = std::max(epochs.stride, independent->stride);
    }
    result.schedule = in_steps(epochs, steps, cell.epoch_position);
    return result;
}

void check_epoch_counts(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    const EnsembleSpec& ensemble = experiment.ensemble;
    const std::int64_t steps = steps_per_epoch(model, cell);
    const Schedule given{ensemble.burn_in.value_or(cell.epoch_position), ensemble.stride.value_or(steps)};
    const Schedule next = in_whole_epochs(model, cell, given);
    if (next.burn_in != given.burn_in)
        refuse_count(experiment, cell, "ensemble.burn_in", given.burn_in, steps, next.burn_in);
    if (next.stride == given.stride) return;
    throw InputError(
        fmt::format("{}: {}: an epoch has {} steps, so {} is not a number of whole epochs; the next that is: {}",
                    locate(experiment, "ensemble.stride"), describe(cell), steps, given.stride, next.stride));
}

Schedule in_whole_epochs(const LossModel& model, const Cell& cell, const Schedule& steps) {
    const std::int64_t per_epoch = steps_per_epoch(model, cell);
    const std::int64_t past_place = std::max<std::int64_t>(steps.burn_in - cell.epoch_position, 0);
    return {ceil_divide(past_place, per_epoch) * per_epoch + cell.epoch_position,
            ceil_divide(steps.stride, per_epoch) * per_epoch};
}

}  // namespace stationary
