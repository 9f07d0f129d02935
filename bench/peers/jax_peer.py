"""JAX: jit of a lax.scan over steps, all chains of a core in one array.

Tried, CPU time for the same work relative to the choice made here (d = 10, threefry):
- Langevin on arrays [d, chains] 1; on [chains, d] 4: XLA fuses the inverse error function into the product and computes it d
  times. The same happens to `rbg` in either layout unless four steps are unrolled, 2.5; `unsafe_rbg` like `rbg`;
- `jax_threefry_partitionable=False` 1, the default True 1.3; unroll of 1, 2, 4, 8 within 10 %, but see `rbg`;
- an optimization_barrier after the noise 1; noise for 4, 8 or 32 steps at once 1.2 to 1.5; blocks of chains by lax.map 1.1 to
  1.3; --xla_cpu_enable_fast_math 1;
- SGD on rows [chains, B, d] with einsum 1, with products and sums 1.8, on columns [d, B, chains] 3, written out over B or over
  B and d 1.3 to 2; vmap of one chain's step with a key for each chain 1.8; unroll=4 1.5;
- index from `uniform`·N 1, from `randint` (two words for an index) 1.4; `promise_in_bounds` 1, the default 1.1.
"""

import jax_base  # noqa: F401  (sets XLA's flags before jax is imported)
import jax
import jax.numpy as jnp


class JaxPeer(jax_base.JaxBase):
    unroll = {"langevin": 4, "sgd": 1}

    def __init__(self, workload, device, implementation):
        super().__init__(workload, device)
        self.implementation = implementation
        self.simulate_chains = {"langevin": self._langevin, "sgd": self._sgd}[workload.dynamics]

    def _scan(self, step, start):
        return jax.lax.scan(step, start, jnp.arange(self.workload.steps), unroll=self.unroll[self.workload.dynamics])[0]

    def _langevin(self, key):
        w = self.workload
        step_matrix, noise_factor = (jnp.asarray(m, jnp.float32) for m in (w.step_matrix, w.noise_factor))
        shape = (w.dimension, self.chains_per_device)

        def step(position, t):
            noise = jax.random.normal(jax.random.fold_in(key, t), shape, jnp.float32)
            return step_matrix @ position + noise_factor @ noise, None

        return self._scan(step, jnp.zeros(shape, jnp.float32))

    def _sgd(self, key):
        w = self.workload
        features, targets = jnp.asarray(w.features, jnp.float32), jnp.asarray(w.targets, jnp.float32)
        shape = (self.chains_per_device, w.dimension)
        start = jnp.broadcast_to(jnp.asarray(w.minimizer, jnp.float32), shape)

        def step(state, t):
            position, velocity = state
            # A probability is off by at most 2⁻²³: 5e-5 of itself at N = 442.
            uniform = jax.random.uniform(jax.random.fold_in(key, t), (shape[0], w.batch_size))
            index = (uniform * w.training_points).astype(jnp.int32)
            rows = features.at[index].get(mode="promise_in_bounds")
            residual = jnp.einsum("cbd,cd->cb", rows, position) - targets.at[index].get(mode="promise_in_bounds")
            gradient = jnp.einsum("cbd,cb->cd", rows, residual) / w.batch_size + w.ridge * position
            velocity = w.momentum * velocity + gradient
            return (position - w.learning_rate * velocity, velocity), None

        return self._scan(step, (start, jnp.zeros(shape, jnp.float32)))[0].T
