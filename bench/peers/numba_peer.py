"""Numba: a compiled loop over chains on all cores, each chain with its own xoshiro128++ and Box–Muller, all in float32.

Tried, CPU time per component-step relative to the choice made here (d = 10):
- `np.random.standard_normal` in the loop (Mersenne Twister, float64) 2.5;
- blocks of 16, 64 or 256 chains with the generator's state in arrays, so that the loops vectorise, 1: the time is in log,
  sin and cos, which stay scalar calls, since current llvmlite wheels have no SVML-patched LLVM (`numba -s`).
"""

import math
import os

import numba
import numpy as np

from peer import Peer, cores

uint32, float32 = np.uint32, np.float32


@numba.njit(inline="always")
def next_word(s):
    """xoshiro128++ (Blackman and Vigna 2019)."""
    mixed = uint32(s[0] + s[3])
    word = uint32(uint32((mixed << uint32(7)) | (mixed >> uint32(25))) + s[0])
    shifted = uint32(s[1] << uint32(9))
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = uint32((s[3] << uint32(11)) | (s[3] >> uint32(21)))
    return word


@numba.njit(inline="always")
def seed_words(seed, chain, words):
    """Four words by splitmix64 from a counter that no two chains of a run share."""
    counter = (np.uint64(seed) << np.uint64(40)) + np.uint64(4) * np.uint64(chain)
    for k in range(4):
        z = (counter + np.uint64(k) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        words[k] = uint32(z >> np.uint64(32))


@numba.njit(inline="always")
def fill_normal(words, z):
    """Box–Muller pairs; an odd last one throws its partner away."""
    for i in range(0, len(z), 2):
        uniform = (float32(next_word(words) >> uint32(8)) + float32(0.5)) * float32(2.0**-24)
        angle = float32(next_word(words) >> uint32(8)) * float32(2.0**-24 * 2.0 * math.pi)
        radius = math.sqrt(float32(-2) * math.log(uniform))
        z[i] = radius * math.cos(angle)
        if i + 1 < len(z):
            z[i + 1] = radius * math.sin(angle)


@numba.njit(parallel=True, fastmath=True, error_model="numpy")
def langevin(seed, steps, step_matrix, noise_factor, states):
    chains, d = states.shape
    for chain in numba.prange(chains):
        words = np.empty(4, uint32)
        seed_words(seed, chain, words)
        position, moved, z = np.zeros(d, float32), np.empty(d, float32), np.empty(d, float32)
        for _ in range(steps):
            fill_normal(words, z)
            for i in range(d):
                total = float32(0)
                for j in range(d):
                    total += step_matrix[i, j] * position[j]
                for j in range(i + 1):
                    total += noise_factor[i, j] * z[j]
                moved[i] = total
            position[:] = moved
        states[chain] = position


@numba.njit(parallel=True, fastmath=True, error_model="numpy")
def sgd(seed, steps, features, targets, minimizer, batch_size, learning_rate, momentum, ridge, states):
    chains, d = states.shape
    for chain in numba.prange(chains):
        words = np.empty(4, uint32)
        seed_words(seed, chain, words)
        position, velocity, gradient = minimizer.copy(), np.zeros(d, float32), np.empty(d, float32)
        inverse_batch_size = float32(1) / float32(batch_size)
        for _ in range(steps):
            gradient[:] = float32(0)
            for _ in range(batch_size):
                point = (np.uint64(next_word(words)) * np.uint64(len(targets))) >> np.uint64(32)
                residual = -targets[point]
                for i in range(d):
                    residual += features[point, i] * position[i]
                for i in range(d):
                    gradient[i] += features[point, i] * residual
            for i in range(d):
                velocity[i] = momentum * velocity[i] + gradient[i] * inverse_batch_size + ridge * position[i]
                position[i] -= learning_rate * velocity[i]
        states[chain] = position


class NumbaPeer(Peer):
    def __init__(self, workload, device):
        super().__init__(workload, device)
        numba.set_num_threads(cores())
        os.environ.setdefault("OMP_NUM_THREADS", str(cores()))

    def simulate(self, seed):
        w = self.workload
        states = np.empty((w.chains, w.dimension), float32)
        if w.dynamics == "langevin":
            langevin(seed, w.steps, w.step_matrix.astype(float32), w.noise_factor.astype(float32), states)
        else:
            sgd(seed, w.steps, w.features.astype(float32), w.targets.astype(float32), w.minimizer.astype(float32),
                w.batch_size, float32(w.learning_rate), float32(w.momentum), float32(w.ridge), states)
        return states
