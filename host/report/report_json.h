#pragma once

#include "host/comparison/results.h"

#include <string>

namespace stationary {

/// results.json, also what `run --json` prints: one document, member names as the interface fixes them. A cell without
/// a finished shard has null where an estimate would stand.
std::string results_json(const RunResults& results);

/// What `predict --json` prints: {"schema", "program", "experiment", "cells": [{parameters, "stable",
/// "learning_rate_limit", "fourth_moment_limit", "predictions": [{"theory", "covariance", "mean", "exact",
/// "effective_temperature"}]}]}.
std::string predictions_json(const PredictResults& results);

}  // namespace stationary
