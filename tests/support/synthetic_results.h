#pragma once

#include "host/comparison/results.h"

#include <cstdint>
#include <limits>

namespace stationary::synthetic {

inline Cell make_cell(std::int64_t index, Dynamics dynamics, std::int64_t batch_size) {
    Cell cell;
    cell.index = index;
    cell.dynamics = dynamics;
    cell.batch_size = batch_size;
    cell.eta0 = 0.002;
    cell.learning_rate = 0.002 * static_cast<double>(batch_size);
    cell.key = 0x0123456789abcdefULL;
    return cell;
}

inline Measurement make_measurement() {
    Measurement measured;
    measured.mean = Vector{{1.0, -1.0}};
    measured.mean_standard_error = Vector{{0.01, 0.02}};
    measured.covariance = Matrix{{2.0, 0.5}, {0.5, 1.0}};
    measured.covariance_standard_error = Matrix{{0.1, 0.2}, {0.2, std::numeric_limits<double>::infinity()}};
    measured.effective_temperature = 0.0010023;
    measured.effective_temperature_standard_error = 0.0000042;
    measured.fingerprint = 0xfeedface12345678ULL;
    return measured;
}

inline ComparedLaw make_law(Theory theory, double error, Verdict verdict) {
    ComparedLaw compared;
    compared.law = {{theory, Matrix{{2.1, 0.4}, {0.4, 1.1}}, Vector{{1.0, -1.0}}, theory != Theory::sde}, 0.001};
    compared.comparison = Comparison{};
    compared.comparison->signed_relative_error = error;
    compared.comparison->signed_relative_error_interval[0] = error - 0.003;
    compared.comparison->signed_relative_error_interval[1] = error + 0.003;
    compared.comparison->significant = verdict == Verdict::differs;
    compared.comparison->verdict = verdict;
    compared.comparison->chains_needed = 1234567;
    compared.half_width = 0.003;
    return compared;
}

inline CellResult make_result(std::int64_t index, Dynamics dynamics, std::int64_t batch_size) {
    CellResult result;
    result.cell = make_cell(index, dynamics, batch_size);
    result.stability = {true, 0.5, std::numeric_limits<double>::infinity()};
    result.plan.burn_in = 1280;
    result.plan.stride = 160;
    result.plan.draws = 8;
    result.plan.shards = result.shards_done = 64;
    result.plan.shard_chains = 1024;
    result.plan.chains = result.chains = 65536;
    result.plan.steps = 2400;
    result.dimension = 2;
    result.measurement = make_measurement();
    result.laws = {make_law(Theory::sde, 0.132, Verdict::differs), make_law(Theory::discrete, 0.001, Verdict::agrees)};
    return result;
}

inline InvarianceResult make_invariance() {
    InvarianceResult result;
    result.invariance.eta0 = 0.002;
    result.invariance.cells = {1, 2};
    result.invariance.relative_spread = 0.132;
    result.invariance.holds_up_to_batch_size = 8;
    result.invariance.holds_up_to_learning_rate = 0.016;
    result.invariance.holds_up_to_reach = 0.066;
    result.invariance.verdict = Verdict::differs;
    result.largest_batch_size = 64;
    result.deviation = 0.132;
    result.half_width = 0.003;
    return result;
}

/// A langevin cell, two sgd cells, and one that was never begun.
inline RunResults make_results() {
    RunResults results;
    results.program = {"0.1.0", "unknown", "Release", "GNU 12", false, ""};
    results.backend = {"cpu", "a processor with a rather long name @ 2.60GHz", 2, "avx512"};
    results.experiment.title = "a title";
    results.experiment.model.hessian = results.experiment.model.gradient_noise_covariance = Matrix::Identity(2, 2);
    results.experiment.model.minimizer = Vector::Zero(2);
    results.experiment.sweep.eta0 = {0.002};
    results.model = {ModelKind::quadratic, 2, 0, 0.1, 4.0};
    results.intervals = 32;
    results.cells = {make_result(0, Dynamics::langevin, 1), make_result(1, Dynamics::sgd, 1),
                     make_result(2, Dynamics::sgd, 64), make_result(3, Dynamics::sgd, 128)};
    CellResult& unbegun = results.cells[3];
    unbegun.shards_done = unbegun.chains = 0;
    unbegun.measurement.reset();
    for (ComparedLaw& law : unbegun.laws) law.comparison.reset();
    results.status = RunStatus::interrupted;
    results.invariance = {make_invariance()};
    return results;
}

}  // namespace stationary::synthetic
