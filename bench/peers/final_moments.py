"""Moments of a peer's final states with their standard errors, as plain lists for covariance_check.py.

The chains are independent, so each entry of the covariance is a mean over chains of products (δ_i − m_i)(δ_j − m_j), and
the spread of those products over the chains is its standard error, whatever the law of δ.
"""

import numpy as np

CHAINS_CHECKED = 1 << 18  # of each repetition; on a GPU there are many more than the check needs
CHAINS_AT_A_TIME = 1 << 16


def final_moments(states, exact_covariance):
    """{"entries", "errors"}: covariance on and above the diagonal, row by row; {"temperature", …}: tr(P⁻¹C)/d for law P."""
    exact = np.asarray(exact_covariance, dtype=float)
    states = np.asarray(states[:CHAINS_CHECKED], dtype=float)
    if not np.isfinite(states).all():
        return {"finite": False}
    deviations = states - states.mean(axis=0)
    precision = np.linalg.inv(exact) / len(exact)
    total, squares = 0.0, 0.0
    for first in range(0, len(deviations), CHAINS_AT_A_TIME):
        values = _products(deviations[first : first + CHAINS_AT_A_TIME], precision)
        total, squares = total + values.sum(axis=0), squares + (values**2).sum(axis=0)
    mean = total / len(deviations)
    error = np.sqrt((squares / len(deviations) - mean**2) / len(deviations))
    return {"finite": True, "entries": mean[:-1].tolist(), "errors": error[:-1].tolist(),
            "temperature": float(mean[-1]), "temperature_error": float(error[-1])}


def _products(deviations, precision):
    """For each chain the products of two coordinates, and δᵀP⁻¹δ/d as the last column."""
    rows, columns = np.triu_indices(deviations.shape[1])
    temperature = np.einsum("ci,ij,cj->c", deviations, precision, deviations, optimize=True)
    return np.column_stack([deviations[:, rows] * deviations[:, columns], temperature])
