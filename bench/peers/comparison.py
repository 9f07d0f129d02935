"""One workload: every competitor made ready, then timed in turn, round by round."""

import time
from dataclasses import dataclass, field
from statistics import median

from covariance_check import check, comparisons, engine_moments
from engine import asked_chains, document, exact_law, experiment_file
from session import PeerFailure

ENGINE = "stationary"
PAUSE = 0.3  # seconds between two timings, for threads of the last one that still spin


@dataclass
class Row:
    """A competitor's timings and moments, one for each round."""

    name: str
    seconds: list = field(default_factory=list)
    moments: list = field(default_factory=list)
    failure: str = ""

    def add(self, seconds, moments):
        self.seconds.append(seconds)
        self.moments.append(moments)


def compare(workload, engine, sessions, scale, repetitions, log):
    """Results of one workload: {"name", "chains", "steps", "rows": […]}, the engine's row first."""
    experiment = experiment_file(workload)
    # The first run of the engine warms the machine up and tells the peers what to simulate.
    report = engine.run(experiment, seed=0, chains=max(1, round(asked_chains(experiment) * scale)))
    cell = report["cells"][0]
    rows = [Row(ENGINE)] + [Row(name) for name, kind, _ in sessions if cell["dynamics"] in kind.dynamics]
    asked = {name: session for name, _, session in sessions}
    for row in rows[1:]:
        log(f"{workload}: {row.name} gets ready")
        attempt(row, lambda row=row: asked[row.name].ask(prepare=document(report, experiment)))
    for number in range(1, repetitions + 1):
        start = number % len(rows)  # nobody is always first
        for row in rows[start:] + rows[:start]:
            time.sleep(PAUSE)
            attempt(row, lambda row=row: one_repetition(row, number, engine, experiment, cell, asked))
        log(f"{workload}: round {number} of {repetitions}")
    return {**facts(workload, report, cell), "rows": [summary(row, rows[0], cell) for row in rows]}


def attempt(row, action):
    if not row.failure:
        try:
            action()
        except PeerFailure as failure:
            row.failure = str(failure)


def one_repetition(row, number, engine, experiment, cell, asked):
    if row.name == ENGINE:
        timed = engine.run(experiment, seed=number, chains=cell["chains"])["cells"][0]
        row.add(timed["seconds"], engine_moments(timed))
    else:
        answer = asked[row.name].ask(simulate=number)
        row.add(answer["seconds"], answer["moments"])


def facts(workload, report, cell):
    langevin = cell["dynamics"] == "langevin"
    return {
        "name": workload,
        "title": report["experiment"]["title"],
        "dynamics": cell["dynamics"],
        "dimension": cell["dimension"],
        "batch_size": cell["batch_size"],
        "momentum": cell["momentum"],
        "learning_rate": cell["learning_rate"],
        "chains": cell["chains"],
        "steps": cell["burn_in"],
        "unit": "component-steps" if langevin else "training-point gradients",
        "units": cell["steps_total"] * (cell["dimension"] if langevin else cell["batch_size"]),
        "exact_theory": exact_law(cell)["theory"],
        "exact_covariance": exact_law(cell)["covariance"],
        "exact_effective_temperature": exact_law(cell)["effective_temperature"],
    }


def summary(row, engine_row, cell):
    """Medians, ratios taken round by round, and the check of the covariance."""
    result = {"name": row.name, "failure": row.failure or None}
    if row.failure:
        return result
    units = cell["steps_total"] * (cell["dimension"] if cell["dynamics"] == "langevin" else cell["batch_size"])
    ratios = [mine / engine for mine, engine in zip(row.seconds, engine_row.seconds)]
    law = exact_law(cell)
    temperature = law["effective_temperature"] if row.name == ENGINE else 1.0
    result.update(
        seconds=row.seconds,
        median_seconds=median(row.seconds),
        units_per_second=units / median(row.seconds),
        times_the_engine=median(ratios),
        times_the_engine_range=[min(ratios), max(ratios)],
        comparisons=comparisons(cell["dimension"]),
        check=check(row.moments, law["covariance"], temperature),
    )
    return result
