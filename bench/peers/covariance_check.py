"""Whether final states have the covariance that the exact law gives: the proof that a peer did the same work.

Compared are the d(d+1)/2 entries of the covariance and one sum of them, the temperature, which is the most sensitive to a
wrong amplitude of the noise: tr(P⁻¹C)/d for a peer (1 under the law P), tr(HC)/d for the engine. Covariances are averaged over
the repetitions, whose seeds differ, and each score is (measured − exact)/standard error.
"""

import math
from statistics import NormalDist

FAMILY_ERROR_RATE = 1e-3  # chance that a correct run of the whole comparison fails, all rows and workloads together


def comparisons(dimension):
    """How many scores one row gives."""
    return dimension * (dimension + 1) // 2 + 1


def threshold(number_of_comparisons):
    """The |z| that the largest of so many normal scores passes with probability FAMILY_ERROR_RATE at most (Bonferroni)."""
    return NormalDist().inv_cdf(1.0 - FAMILY_ERROR_RATE / (2.0 * number_of_comparisons))


def check(repetitions, exact_covariance, exact_temperature=1.0):
    """{"max_abs_z", "temperature_z", "relative_temperature", …} from the moments of every repetition."""
    if not all(moments["finite"] for moments in repetitions):
        return {"finite": False, "max_abs_z": math.inf}
    exact = upper_triangle(exact_covariance)
    entries, errors = zip(*(_pooled([m["entries"][k] for m in repetitions], [m["errors"][k] for m in repetitions])
                            for k in range(len(exact))))
    temperature, temperature_error = _pooled([m["temperature"] for m in repetitions],
                                             [m["temperature_error"] for m in repetitions])
    scores = [_score(*values) for values in zip(entries, exact, errors)]
    temperature_z = _score(temperature, exact_temperature, temperature_error)
    return {
        "finite": True,
        "max_abs_z": max(abs(z) for z in [*scores, temperature_z]),
        "temperature_z": temperature_z,
        "relative_temperature": temperature / exact_temperature,
        "relative_temperature_standard_error": temperature_error / exact_temperature,
        "covariance_upper_triangle": entries,
        "covariance_standard_errors": errors,
    }


def engine_moments(cell):
    """The engine's own estimate in the same shape; its standard errors come from its shards."""
    return {"finite": cell["diverged_chains"] == 0, "entries": upper_triangle(cell["covariance"]),
            "errors": upper_triangle(cell["covariance_standard_error"]),
            "temperature": cell["effective_temperature"],
            "temperature_error": cell["effective_temperature_standard_error"]}


def upper_triangle(matrix):
    """Entries on and above the diagonal, row by row."""
    return [value for i, row in enumerate(matrix) for value in row[i:]]


def _pooled(values, errors):
    return sum(values) / len(values), math.sqrt(sum(e * e for e in errors)) / len(errors)


def _score(value, exact, error):
    return (value - exact) / error if error > 0 else math.copysign(math.inf, value - exact) if value != exact else 0.0
