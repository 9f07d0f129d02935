#pragma once

#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/plan/kept_plan.h"

#include <string>
#include <vector>

namespace stationary {

/// What keeps `here` from going on with a run that was begun as `there`, one line per key: "ensemble.seed: 1 there, 2
/// here". Empty if it may: the same experiment, one with more chains, or one whose sweep has all the cells `kept` and
/// perhaps more. Titles, the family error rate, paths of data files (their contents are in the cells' keys), the number
/// of shards and the sections of other commands may differ. Test: experiment_difference_test.cpp.
std::vector<std::string> differences(const Experiment& there, const Experiment& here, const KeptPlans& kept,
                                     const std::vector<Cell>& cells);

}  // namespace stationary
