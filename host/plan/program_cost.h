#pragma once

#include "kernels/interface/cell_program.h"

#include <cstdint>
#include <optional>
#include <string>

namespace stationary {

/// Auto shards: at least and at most so many.
constexpr std::int64_t min_auto_shards = 64;
constexpr std::int64_t max_auto_shards = 4096;

/// The most for a dimension: as many as have 2²⁶ entries of their covariances together (half a gibibyte), because the
/// error bars need all of them at once. d ≤ 128: max_auto_shards; 256: 1024; 512: 256; 1024: 64.
std::int64_t most_auto_shards(int dimension);

/// Work of one step of one chain in simple operations, from counts alone: a word of noise about 10, made into a normal
/// 20 more, a place of a keyed permutation 24 rounds of 12.
double operations_per_step(const CellProgram& program);

/// Sets shard_chains and returns the number of shards: about a second of work each on one core, all equal, whole groups
/// of lanes where a shard has more than one. A stated number of shards is kept.
std::int64_t split_into_shards(std::int64_t chains, std::optional<std::int64_t> shards, CellProgram& program);

/// Refuses a program that would use up a chain's stream of random words, which check_program
/// (kernels/chain/cell_tables.h) would refuse too. Throws InputError starting with `name`.
void check_noise_budget(const std::string& name, const CellProgram& program);

}  // namespace stationary
