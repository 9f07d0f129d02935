"""What every peer is: a workload made ready once, then simulated and timed again and again."""

import os
import time

import numpy as np


class Peer:
    """One way to simulate a workload. Subclasses compile and allocate in __init__ and simulate in `simulate`."""

    def __init__(self, workload, device):
        self.workload = workload
        self.device = device

    def simulate(self, seed):
        """Runs all chains; returns the final positions [chains, d], finished (nothing may still be under way)."""
        raise NotImplementedError

    def to_host(self, states):
        """The final positions as a NumPy array. Not timed."""
        return np.asarray(states)

    def timed(self, seed):
        """(seconds of wall clock, final positions on the host)."""
        start = time.perf_counter()
        states = self.simulate(seed)
        seconds = time.perf_counter() - start
        return seconds, self.to_host(states)


def cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def blocks(chains, size):
    """The chains cut into ranges of `size` (the last may be shorter)."""
    return [range(first, min(first + size, chains)) for first in range(0, chains, size)]
