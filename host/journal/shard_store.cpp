#include "host/journal/shard_store.h"

#include "host/base/error.h"
#include "host/base/hash.h"
#include "host/base/program_info.h"
#include "host/journal/journal_record.h"
#include "host/plan/plan_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace stationary {
namespace {

std::uint64_t hash_of(const ShardMoments& moments) {
    Hash hash;
    for (const std::int64_t count :
         {moments.finite_draws, moments.diverged_chains, moments.saturated_draws, moments.first_bad_step})
        hash.integer(static_cast<std::uint64_t>(count));
    const auto add = [&hash](Int128 value) { hash.bytes(&value, sizeof value); };
    for (const Int128 value : moments.sum) add(value);
    add(moments.velocity_squares);
    add(moments.velocity_pulls);
    for (const Int128 value : moments.products) add(value);
    return hash.value();
}

}  // namespace

ShardStore::ShardStore(const std::vector<CellPlan>& plans) : places_(plans.size()), counts_(plans.size()) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
        cells_[plans[i].program.key] = i;
        plan_keys_.push_back(plan_key(plans[i].program));
        places_[i].resize(static_cast<std::size_t>(plans[i].shards));
    }
}

JournalDamage ShardStore::add_journal(const std::string& path) {
    FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno != ENOENT) throw_file_error("open", path);
    paths_.push_back(path);
    files_.push_back(std::move(file));
    return scan_journal(path, [this](std::int64_t offset, std::string_view bytes) { add_record(offset, bytes); });
}

bool ShardStore::belongs(const JournalRecord& record, std::size_t cell) const {
    static const std::string version = program_info().version;
    return record.plan_key == plan_keys_[cell] && record.version == version && record.moments.shard >= 0 &&
           record.moments.shard < static_cast<std::int64_t>(places_[cell].size());
}

void ShardStore::add_record(std::int64_t offset, std::string_view bytes) {
    const std::optional<JournalRecord> record = decode(bytes);
    const auto planned = record ? cells_.find(record->cell_key) : cells_.end();
    if (planned == cells_.end() || !belongs(*record, planned->second)) {
        ++foreign_;
        return;
    }
    const std::size_t cell = planned->second;
    Place& place = places_[cell][static_cast<std::size_t>(record->moments.shard)];
    const std::uint64_t moments = hash_of(record->moments);
    if (place.length == 0) {
        place = {offset, static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(files_.size() - 1),
                 moments};
        ++counts_[cell];
        return;
    }
    ++repeated_;
    if (place.moments == moments) return;
    throw InputError(fmt::format(
        "{} (byte {}) and {} (byte {}) disagree about shard {} of cell {}: one of them was "
        "computed wrongly; remove one and run again",
        paths_[place.file], place.offset, paths_.back(), offset, record->moments.shard, hex(record->cell_key)));
}

bool ShardStore::has(std::size_t cell, std::int64_t shard) const {
    return places_[cell][static_cast<std::size_t>(shard)].length > 0;
}

std::vector<StoredShard> ShardStore::load(std::size_t cell) const {
    std::vector<StoredShard> shards;
    std::string bytes;
    for (const Place& place : places_[cell]) {
        if (place.length == 0) continue;
        bytes.resize(place.length);
        const auto got = pread(files_[place.file].get(), bytes.data(), bytes.size(), place.offset);
        std::optional<JournalRecord> record;
        if (got == static_cast<ssize_t>(bytes.size()) && record_length(bytes) == bytes.size()) record = decode(bytes);
        if (!record) throw FileError(fmt::format("cannot read {}: it changed while it was read", paths_[place.file]));
        shards.push_back({std::move(record->moments), record->seconds, place.file});
    }
    return shards;
}

}  // namespace stationary
