"""What a peer has to simulate, as plain arrays, read from the engine's own report of the experiment.

The runner asks the engine to run the experiment file and passes on what the engine says it ran (model, η, B, μ, number of
chains after rounding, number of steps), so that every parameter is written down once, in the experiment file.
"""

import csv
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Langevin:
    """Φ ← Φ − h HΦ + F z, z ~ N(0, I), F Fᵀ = h·η·Σ¹/B, from Φ = Φ* = 0; h = time_step·η."""

    chains: int
    steps: int
    hessian: np.ndarray  # H [d, d]
    noise_factor: np.ndarray  # F [d, d], lower triangular
    step_size: float  # h
    dynamics: str = "langevin"

    @property
    def dimension(self):
        return len(self.hessian)

    @property
    def step_matrix(self):
        """I − hH, so that a step is one product with the position and one with the noise."""
        return np.eye(self.dimension) - self.step_size * self.hessian


@dataclass(frozen=True)
class LeastSquaresSgd:
    """g = (1/B) Σ_b x_b (x_bᵀΦ − y_b) + ridge·Φ over B training points drawn with replacement; v ← μv + g; Φ ← Φ − ηv.

    From Φ = Φ*, v = 0.
    """

    chains: int
    steps: int
    features: np.ndarray  # X [N, d]
    targets: np.ndarray  # y [N]
    ridge: float
    minimizer: np.ndarray  # Φ* [d]
    learning_rate: float  # η
    batch_size: int  # B
    momentum: float  # μ
    dynamics: str = "sgd"

    @property
    def dimension(self):
        return self.features.shape[1]

    @property
    def training_points(self):
        return len(self.targets)


def read_workload(document):
    """A workload from {"model", "cell", "data"}: the experiment and the cell as the engine printed them, and the data file."""
    model, cell = document["model"], document["cell"]
    common = {"chains": cell["chains"], "steps": cell["burn_in"]}
    if cell["draws"] != 1:
        raise ValueError("a peer workload records the final state only: draws = 1")
    if cell["dynamics"] == "langevin":
        return _langevin(model, cell, common)
    if cell["update"] != "heavy_ball" or cell["sampling"] != "with_replacement" or cell.get("dampening"):
        raise ValueError("the peers know heavy_ball with replacement only")
    return _least_squares_sgd(model, cell, common, document["data"])


def _langevin(model, cell, common):
    if any(model.get("minimizer") or []):
        raise ValueError("the peers' Langevin workloads have their minimizer at 0")
    step_size = cell["time_step"] * cell["learning_rate"]
    noise_covariance = np.array(model["gradient_noise_covariance"]) / cell["batch_size"]
    factor = np.linalg.cholesky(step_size * cell["learning_rate"] * noise_covariance)
    return Langevin(hessian=np.array(model["hessian"]), noise_factor=factor, step_size=step_size, **common)


def _least_squares_sgd(model, cell, common, data):
    features, targets = _read_table(data, model["target"])
    if model["standardize"]:
        features = (features - features.mean(axis=0)) / features.std(axis=0)
        targets = (targets - targets.mean()) / targets.std()
    hessian = features.T @ features / len(targets) + model["ridge"] * np.eye(features.shape[1])
    minimizer = np.linalg.solve(hessian, features.T @ targets / len(targets))
    return LeastSquaresSgd(features=features, targets=targets, ridge=model["ridge"], minimizer=minimizer,
                           learning_rate=cell["learning_rate"], batch_size=cell["batch_size"],
                           momentum=cell["momentum"], **common)


def _read_table(path, target):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=float)
    column = header.index(target)
    return np.delete(table, column, axis=1), table[:, column]
