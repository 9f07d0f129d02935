"""Numba: a compiled loop over chains on all cores, each chain with its own xoshiro128++ and polar normals, all in float32.

Tried, CPU time for the same work relative to the choice made here (d = 10):
- `np.random.standard_normal` in the loop (Mersenne Twister, float64) 3; Box–Muller with scalar log, sin and cos 1.2 (d = 2:
  1.35);
- Box–Muller in blocks of 16, 64 or 256 chains, so that it could vectorise, 1.1 to 1.3: log, sin and cos stay scalar calls,
  since the current llvmlite wheels have no SVML-patched LLVM (`numba -s`), and with Numba 0.61 and SVML it was no faster;
- d and B as constants of a closure 1, as variables 1.35; the matrices by columns 1, by rows 1.1.
"""

import math

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
    """Marsaglia's polar method, in pairs; an odd last normal throws its partner away."""
    scale = float32(2.0**-23)
    for i in range(0, len(z), 2):
        square = float32(2)
        while square >= float32(1) or square == float32(0):
            u = float32(np.int32(next_word(words) >> uint32(8))) * scale - float32(1)
            v = float32(np.int32(next_word(words) >> uint32(8))) * scale - float32(1)
            square = u * u + v * v
        factor = math.sqrt(float32(-2) * math.log(square) / square)
        z[i] = factor * u
        if i + 1 < len(z):
            z[i + 1] = factor * v


def langevin_kernel(d):
    """Compiled for one dimension, whose loops LLVM can then unroll: variables of a closure are constants to Numba."""

    @numba.njit(parallel=True, fastmath=True, error_model="numpy")
    def langevin(seed, steps, step_columns, noise_columns, states):
        for chain in numba.prange(len(states)):
            words = np.empty(4, uint32)
            seed_words(seed, chain, words)
            position, moved, z = np.zeros(d, float32), np.empty(d, float32), np.empty(d, float32)
            for _ in range(steps):
                fill_normal(words, z)
                for i in range(d):
                    moved[i] = float32(0)
                for j in range(d):  # columns, so that the inner loop has no sum and vectorises
                    for i in range(d):
                        moved[i] += step_columns[j, i] * position[j] + noise_columns[j, i] * z[j]
                for i in range(d):
                    position[i] = moved[i]
            states[chain] = position

    return langevin


def sgd_kernel(d, batch_size):
    """The same for one dimension and batch size."""

    @numba.njit(parallel=True, fastmath=True, error_model="numpy")
    def sgd(seed, steps, features, targets, minimizer, learning_rate, momentum, ridge, states):
        for chain in numba.prange(len(states)):
            words = np.empty(4, uint32)
            seed_words(seed, chain, words)
            position, velocity, gradient = minimizer.copy(), np.zeros(d, float32), np.empty(d, float32)
            for _ in range(steps):
                for i in range(d):
                    gradient[i] = float32(0)
                for _ in range(batch_size):
                    point = (np.uint64(next_word(words)) * np.uint64(len(targets))) >> np.uint64(32)
                    residual = -targets[point]
                    for i in range(d):
                        residual += features[point, i] * position[i]
                    for i in range(d):
                        gradient[i] += features[point, i] * residual
                for i in range(d):
                    mean_gradient = gradient[i] * float32(1.0 / batch_size) + ridge * position[i]
                    velocity[i] = momentum * velocity[i] + mean_gradient
                    position[i] -= learning_rate * velocity[i]
            states[chain] = position

    return sgd


class NumbaPeer(Peer):
    def __init__(self, workload, device):
        super().__init__(workload, device)
        numba.set_num_threads(cores())
        w = workload
        if w.dynamics == "langevin":
            self.kernel = langevin_kernel(w.dimension)
            self.arguments = (w.steps, np.ascontiguousarray(w.step_matrix.T, float32),
                              np.ascontiguousarray(w.noise_factor.T, float32))
        else:
            self.kernel = sgd_kernel(w.dimension, w.batch_size)
            scalars = (float32(value) for value in (w.learning_rate, w.momentum, w.ridge))
            self.arguments = (w.steps, w.features.astype(float32), w.targets.astype(float32),
                              w.minimizer.astype(float32), *scalars)

    def simulate(self, seed):
        states = np.empty((self.workload.chains, self.workload.dimension), float32)
        self.kernel(seed, *self.arguments, states)
        return states
