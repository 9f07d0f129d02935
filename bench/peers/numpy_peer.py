"""NumPy: arrays [d, chains] in blocks that stay in the cache, a thread for each core (NumPy releases the GIL).

Tried, CPU time for the same work relative to the choice made here (d = 10):
- bit generator: SFC64 1, PCG64DXSM 1.1, Philox 1.3; the noise is nine tenths of a Langevin step;
- normals by `standard_normal` (ziggurat, float32) 1; by Box–Muller in array operations on `random(float32)` 0.6, since log, sin
  and cos are vectorised: both are in the table, as `numpy` and `numpy_box_muller`;
- products as [d, d] @ [d, chains] 1, as [chains, d] @ [d, d] about the same; position and noise stacked, so that a step is one
  product of depth 2d, saves a pass;
- Langevin in blocks of 1,024 to 4,096 chains 1, of 16,384 (out of the L2 cache) 1.1; BLAS threads in place of threads over
  blocks leave the generator on one core;
- SGD with training points as columns [d, B, chains] 1, as rows [chains, B, d] 1.2 (einsum sums the last, short axis), with
  batched matmul 1.3; blocks of 1,024 to 4,096 chains 1, of 512 1.1.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from peer import Peer, blocks, cores


class NumpyPeer(Peer):
    chains_per_block = {"langevin": 4096, "sgd": 2048}

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.pool = ThreadPoolExecutor(cores())
        self.simulate_block = {"langevin": self._langevin, "sgd": self._sgd}[workload.dynamics]

    def simulate(self, seed):
        workload = self.workload
        states = np.empty((workload.dimension, workload.chains), np.float32)
        ranges = blocks(workload.chains, min(self.chains_per_block[workload.dynamics], -(-workload.chains // cores())))
        generators = [np.random.Generator(np.random.SFC64(s)) for s in np.random.SeedSequence(seed).spawn(len(ranges))]

        def run(generator, chains):
            states[:, chains.start : chains.stop] = self.simulate_block(generator, len(chains))

        list(self.pool.map(run, generators, ranges))
        return states.T

    def fill_normal(self, generator, out):
        generator.standard_normal(dtype=np.float32, out=out)

    def _langevin(self, generator, chains):
        """[Φ; z] ← [(I − hH) F] [Φ; z], the noise written into the lower half of the operand."""
        d = self.workload.dimension
        step = np.hstack([self.workload.step_matrix, self.workload.noise_factor]).astype(np.float32)
        operand, result = (np.zeros((2 * d, chains), np.float32) for _ in range(2))
        for _ in range(self.workload.steps):
            self.fill_normal(generator, operand[d:])
            np.matmul(step, operand, out=result[:d])
            operand, result = result, operand
        return operand[:d]

    def _sgd(self, generator, chains):
        w = self.workload
        features, targets = np.ascontiguousarray(w.features.T, np.float32), w.targets.astype(np.float32)
        position = np.tile(w.minimizer.astype(np.float32)[:, None], (1, chains))
        velocity = np.zeros_like(position)
        columns = np.empty((w.dimension, w.batch_size, chains), np.float32)
        for _ in range(w.steps):
            index = generator.integers(0, w.training_points, (w.batch_size, chains), dtype=np.uint32)
            np.take(features, index, axis=1, out=columns, mode="clip")
            residual = np.einsum("dbc,dc->bc", columns, position) - targets.take(index)
            gradient = np.einsum("dbc,bc->dc", columns, residual)
            gradient *= np.float32(1.0 / w.batch_size)
            gradient += np.float32(w.ridge) * position
            velocity *= np.float32(w.momentum)
            velocity += gradient
            position -= np.float32(w.learning_rate) * velocity
        return position


class NumpyBoxMullerPeer(NumpyPeer):
    """Normals as √(−2 ln u) (cos 2πv, sin 2πv), with NumPy's vectorised float32 functions."""

    def fill_normal(self, generator, out):
        if out.shape[0] % 2:
            raise ValueError("Box–Muller makes pairs: d must be even")
        half = out.shape[0] // 2
        generator.random(dtype=np.float32, out=out)
        radius = np.log(np.subtract(np.float32(1), out[:half]))
        radius *= np.float32(-2)
        np.sqrt(radius, out=radius)
        angle = np.float32(2 * np.pi) * out[half:]
        np.cos(angle, out=out[:half])
        np.sin(angle, out=out[half:])
        out[:half] *= radius
        out[half:] *= radius
