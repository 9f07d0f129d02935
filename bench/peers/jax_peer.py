"""JAX: jit of a lax.scan over steps, all chains of a core in one array [d, chains], a host device for each core.

Tried on two cores, CPU time per component-step relative to the choice made here (d = 10):
- arrays [d, chains] 1; arrays [chains, d] 4: XLA fuses the inverse error function into the product and computes it d times.
  The same happens to `rbg` in either layout unless four steps are unrolled (`unroll=4`): 2.5;
- vmap of a one-chain step with a key for each chain 3 (a key more to derive for each chain and step);
- threefry with `jax_threefry_partitionable=False` 1, with the default True 1.3;
- noise for k = 4, 8, 32 steps at once 1.2 to 1.5; blocks of chains by lax.map 1.1 to 1.3; --xla_cpu_enable_fast_math 1;
- XLA runs this program on one core, so each core gets a device (`--xla_force_host_platform_device_count`) and shard_map half
  of the chains.
"""

import os

from peer import Peer, cores

# Read by XLA when jax is first imported.
if os.environ.get("PEER_DEVICE") == "cpu":
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={cores()}"
    os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import NamedSharding, PartitionSpec  # noqa: E402

jax.config.update("jax_threefry_partitionable", False)
jax.config.update("jax_default_matmul_precision", "highest")  # float32 on GPUs too, not TF32


class JaxPeer(Peer):
    unroll = {"langevin": 4, "sgd": 1}

    def __init__(self, workload, device, implementation):
        super().__init__(workload, device)
        self.implementation = implementation
        mesh = jax.make_mesh((len(jax.devices()),), ("chains",))
        self.keys_sharding = NamedSharding(mesh, PartitionSpec("chains"))
        self.devices = len(jax.devices())
        self.chains_per_device = -(-workload.chains // self.devices)
        simulate = {"langevin": self._langevin, "sgd": self._sgd}[workload.dynamics]
        self.compiled = jax.jit(jax.shard_map(lambda keys: simulate(keys[0]), mesh=mesh, check_vma=False,
                                              in_specs=PartitionSpec("chains"),
                                              out_specs=PartitionSpec(None, "chains")))

    def simulate(self, seed):
        keys = jax.random.split(jax.random.key(seed, impl=self.implementation), self.devices)
        return self.compiled(jax.device_put(keys, self.keys_sharding)).block_until_ready()

    def to_host(self, states):
        return np.asarray(states)[:, : self.workload.chains].T

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
            index = jax.random.randint(jax.random.fold_in(key, t), (shape[0], w.batch_size), 0, w.training_points)
            rows = features[index]
            residual = jnp.einsum("cbd,cd->cb", rows, position) - targets[index]
            gradient = jnp.einsum("cbd,cb->cd", rows, residual) / w.batch_size + w.ridge * position
            velocity = w.momentum * velocity + gradient
            return (position - w.learning_rate * velocity, velocity), None

        return self._scan(step, (start, jnp.zeros(shape, jnp.float32)))[0].T
