#include "host/run/shard_share.h"

#include "host/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace stationary {
namespace {

std::optional<std::int64_t> integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

ShardShare parse_shard_share(const std::string& text) {
    const std::size_t slash = text.find('/');
    const auto index = integer(std::string_view(text).substr(0, slash));
    const auto count = slash == std::string::npos ? std::nullopt : integer(std::string_view(text).substr(slash + 1));
    if (!index || !count || *count < 1 || *index < 0 || *index >= *count)
        throw InputError(fmt::format("--shard-range {}: expected i/n with i from 0 to n - 1, like 0/8 to 7/8", text));
    return {*index, *count};
}

std::optional<ShardShare> shard_share_of_array(const std::function<const char*(const char*)>& variable) {
    if (variable("SLURM_ARRAY_TASK_ID") == nullptr) return std::nullopt;
    const auto value = [&variable](const char* name, std::int64_t otherwise) {
        const char* text = variable(name);
        if (text == nullptr) return otherwise;
        const auto number = integer(text);
        if (!number) throw InputError(fmt::format("{}={}: not a number; give --shard-range", name, text));
        return *number;
    };
    const std::int64_t id = value("SLURM_ARRAY_TASK_ID", 0);
    const std::int64_t count = value("SLURM_ARRAY_TASK_COUNT", 1);
    const std::int64_t first = value("SLURM_ARRAY_TASK_MIN", 0);
    const std::int64_t step = std::max<std::int64_t>(1, value("SLURM_ARRAY_TASK_STEP", 1));
    const std::int64_t last = value("SLURM_ARRAY_TASK_MAX", first + (count - 1) * step);
    const std::int64_t index = (id - first) / step;
    const bool regular = (last - first) / step + 1 == count && (id - first) % step == 0;
    if (!regular || index < 0 || index >= count)
        throw InputError(
            fmt::format("task {} of a Slurm array of {} tasks from {} to {} in steps of {}: not a regular "
                        "sequence; give --shard-range",
                        id, count, first, last, step));
    return ShardShare{index, count};
}

std::vector<ShardRange> shards_of(const ShardShare& share, const std::vector<CellPlan>& plans) {
    std::vector<ShardRange> ranges;
    std::int64_t dealt = 0;  // which share the next spare shard goes to
    for (const CellPlan& plan : plans) {
        const std::int64_t each = plan.shards / share.count;
        const std::int64_t spare = plan.shards % share.count;
        const std::int64_t place = (share.index - dealt + share.count) % share.count;
        const std::int64_t first = place * each + std::min(place, spare);
        ranges.push_back({first, first + each + (place < spare ? 1 : 0)});
        dealt = (dealt + spare) % share.count;
    }
    return ranges;
}

}  // namespace stationary
