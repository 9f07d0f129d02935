#!/usr/bin/env python3
"""Tests of the comparison: that its check passes right work and catches wrong work. Exit code 77 without NumPy."""

import dataclasses
import math
import sys
import unittest

sys.dont_write_bytecode = True

try:
    import numpy as np
except ImportError:
    print("peers_test: skipped, there is no NumPy")
    sys.exit(77)

from comparison import Row, summary
from covariance_check import check, comparisons, threshold, upper_triangle
from cuda_peer import model_text
from final_moments import final_moments
from numpy_peer import NumpyBoxMullerPeer, NumpyPeer
from peer import blocks
from run import judge
from table import tables
from workload import Langevin, LeastSquaresSgd, read_workload

HESSIAN = np.array([[2.0, 0.9], [0.9, 1.0]])
FACTOR = np.linalg.cholesky(0.01 * np.array([[1.0, -0.6], [-0.6, 0.8]]))
LANGEVIN = Langevin(chains=65536, steps=120, hessian=HESSIAN, noise_factor=FACTOR, step_size=0.2)


def langevin_law(workload):
    """C = (I − hH) C (I − hH)ᵀ + F Fᵀ after the workload's steps from a point."""
    covariance = np.zeros_like(workload.hessian)
    for _ in range(workload.steps):
        covariance = (workload.step_matrix @ covariance @ workload.step_matrix.T
                      + workload.noise_factor @ workload.noise_factor.T)
    return covariance


def checked(peer, exact, seeds=(1, 2)):
    return check([final_moments(peer.timed(seed)[1], exact) for seed in seeds], exact.tolist())


class CovarianceCheck(unittest.TestCase):
    """False-alarm rate 1e-3 for each passing case, but the seeds are fixed."""

    limit = threshold(comparisons(2))

    def test_right_work_passes(self):
        for kind in (NumpyPeer, NumpyBoxMullerPeer):
            self.assertLess(checked(kind(LANGEVIN, "cpu"), langevin_law(LANGEVIN))["max_abs_z"], self.limit)

    def test_noise_off_by_3_percent_is_caught(self):
        planted = dataclasses.replace(LANGEVIN, noise_factor=1.03 * FACTOR)
        result = checked(NumpyPeer(planted, "cpu"), langevin_law(LANGEVIN))
        self.assertGreater(result["temperature_z"], 2 * self.limit)

    def test_a_dropped_off_diagonal_of_the_noise_is_caught(self):
        planted = dataclasses.replace(LANGEVIN, noise_factor=np.diag(np.sqrt(np.diag(FACTOR @ FACTOR.T))))
        self.assertGreater(checked(NumpyPeer(planted, "cpu"), langevin_law(LANGEVIN))["max_abs_z"], 2 * self.limit)

    def test_a_state_that_is_not_finite_is_caught(self):
        states = np.zeros((64, 2))
        states[3, 1] = np.nan
        self.assertEqual(check([final_moments(states, HESSIAN)], HESSIAN.tolist())["max_abs_z"], math.inf)

    def test_standard_errors_are_those_of_normal_states(self):
        """SE² of entry ij of a normal covariance P is (P_ii P_jj + P_ij²)/n."""
        states = np.random.default_rng(5).standard_normal((200000, 2)) @ np.linalg.cholesky(HESSIAN).T
        errors = final_moments(states, HESSIAN)["errors"]
        variances = np.outer(np.diag(HESSIAN), np.diag(HESSIAN)) + HESSIAN**2
        np.testing.assert_allclose(errors, np.sqrt(upper_triangle(variances / 200000)), rtol=0.03)

    def test_threshold_is_bonferroni(self):
        self.assertAlmostEqual(threshold(1), 3.2905, places=4)
        self.assertAlmostEqual(threshold(1000), 4.8916, places=4)


class Sgd(unittest.TestCase):
    def test_matches_enumeration_of_one_step(self):
        """After one step from Φ* the covariance is η²Σ¹/B exactly."""
        generator = np.random.default_rng(3)
        features, targets = generator.standard_normal((40, 2)), generator.standard_normal(40)
        minimizer = np.linalg.lstsq(features, targets, rcond=None)[0]
        workload = LeastSquaresSgd(chains=65536, steps=1, features=features, targets=targets, ridge=0.0,
                                   minimizer=minimizer, learning_rate=0.1, batch_size=4, momentum=0.9)
        gradients = features * (features @ minimizer - targets)[:, None]
        exact = 0.1**2 * np.cov(gradients.T, bias=True) / 4
        self.assertLess(checked(NumpyPeer(workload, "cpu"), exact)["max_abs_z"], threshold(comparisons(2)))


class Reading(unittest.TestCase):
    cell = {"chains": 128, "burn_in": 10, "draws": 1, "dynamics": "langevin", "learning_rate": 0.1, "time_step": 0.5,
            "batch_size": 4}
    model = {"hessian": HESSIAN.tolist(), "gradient_noise_covariance": [[1.0, -0.6], [-0.6, 0.8]]}

    def test_noise_factor_and_step(self):
        workload = read_workload({"model": self.model, "cell": self.cell, "data": None})
        self.assertEqual(workload.step_size, 0.05)
        np.testing.assert_allclose(workload.noise_factor @ workload.noise_factor.T,
                                   0.05 * 0.1 / 4 * np.array(self.model["gradient_noise_covariance"]))

    def test_more_than_the_final_state_is_refused(self):
        with self.assertRaises(ValueError):
            read_workload({"model": self.model, "cell": {**self.cell, "draws": 8}, "data": None})

    def test_model_text_has_every_number(self):
        self.assertEqual(len(model_text(LANGEVIN).split()), 4 + 1 + 4 + 4)

    def test_blocks_cover_all_chains(self):
        self.assertEqual([len(b) for b in blocks(10, 4)], [4, 4, 2])


class Summary(unittest.TestCase):
    law = {"exact": True, "covariance": [[1.0]], "effective_temperature": 2.0}
    cell = {"dynamics": "langevin", "dimension": 1, "steps_total": 600, "predictions": [law]}

    def row(self, name, seconds, temperature):
        row = Row(name)
        for value in seconds:
            row.add(value, {"finite": True, "entries": [1.0], "errors": [0.1], "temperature": temperature,
                            "temperature_error": 0.1})
        return row

    def test_ratios_are_taken_round_by_round(self):
        engine, peer = self.row("stationary", [1.0, 2.0, 4.0], 2.0), self.row("numpy", [10.0, 16.0, 60.0], 1.0)
        result = summary(peer, engine, self.cell)
        self.assertEqual(result["times_the_engine"], 10.0)
        self.assertEqual(result["times_the_engine_range"], [8.0, 15.0])
        self.assertEqual(result["units_per_second"], 600 / 16.0)
        self.assertEqual(summary(engine, engine, self.cell)["check"]["temperature_z"], 0.0)

    def test_one_wrong_row_fails_the_run(self):
        engine = self.row("stationary", [1.0], 2.0)
        for temperature, passes in ((1.0, True), (1.6, False)):
            rows = [summary(row, engine, self.cell) for row in (engine, self.row("numpy", [2.0], temperature))]
            self.assertEqual(judge({"workloads": [{"rows": rows}]})["passed"], passes)
        failed = {"name": "torch", "failure": "out of memory"}
        self.assertFalse(judge({"workloads": [{"rows": [summary(engine, engine, self.cell), failed]}]})["passed"])

    def test_a_wrong_row_is_marked_in_the_table(self):
        engine = self.row("stationary", [1.0], 2.0)
        wrong = {**summary(self.row("numpy", [2.0], 9.0), engine, self.cell), "passed": False}
        failed = {"name": "torch", "failure": "out of memory", "passed": False}
        workload = {"name": "w", "dynamics": "langevin", "dimension": 1, "chains": 6, "steps": 100, "unit": "units",
                    "rows": [{**summary(engine, engine, self.cell), "passed": True}, wrong, failed]}
        text = tables({"machine": {"processor": "p", "cores": 2, "os": "o"}, "date": "", "command": "", "python": "3",
                       "engine": {"version": "0", "simd_or_device": "generic"}, "versions": {"numpy": "9.9", "diffrax": "0.1"},
                       "workloads": [workload], "threshold": 4.0, "family_error_rate": 1e-3, "comparisons": 6,
                       "skipped": {"jax": "not installed"}})
        self.assertIn("| numpy | 9.9 | 2 (2–2) | 3.00e+02 | 2 × (2–2) | 80.0 **wrong covariance** |", text)
        self.assertIn("| torch |  | — | — | — | out of memory |", text)
        self.assertIn("| diffrax | 0.1 | — | — | — | — |", text)
        self.assertIn("- jax: not installed", text)


if __name__ == "__main__":
    unittest.main()
