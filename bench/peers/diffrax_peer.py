"""diffrax: Euler on dΦ = −HΦ dt + G dW with G Gᵀ = η·Σ^B and a constant step h, all on UnsafeBrownianPath.

A step is Φ ← Φ − h HΦ + G ΔW, ΔW ~ N(0, h I): the workload's step with F = √h G. diffrax solves differential equations, so it
has the Langevin workloads only. Its documentation advises UnsafeBrownianPath (no reproducibility across step sizes needed with
a constant step) and DirectAdjoint with it; SaveAt(t1=True) keeps the final state only.

Tried, CPU time per component-step relative to the choice made here (d = 10):
TUNING
"""

import os

from peer import Peer, cores

if os.environ.get("PEER_DEVICE") == "cpu":
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={cores()}"
    os.environ["JAX_PLATFORMS"] = "cpu"

import diffrax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import NamedSharding, PartitionSpec  # noqa: E402

jax.config.update("jax_threefry_partitionable", False)
jax.config.update("jax_default_matmul_precision", "highest")  # float32 on GPUs too, not TF32


class ColumnwiseControlTerm(diffrax.ControlTerm):
    """A matrix that acts on each column of the control, where ControlTerm would contract all of its axes."""

    def prod(self, vf, control):
        return vf @ control


class DiffraxPeer(Peer):
    batched = True

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.devices = len(jax.devices())
        self.chains_per_device = -(-workload.chains // self.devices)
        self.drift = jnp.asarray(-workload.hessian, jnp.float32)
        self.diffusion = jnp.asarray(workload.noise_factor / np.sqrt(workload.step_size), jnp.float32)
        mesh = jax.make_mesh((self.devices,), ("chains",))
        self.keys_sharding = NamedSharding(mesh, PartitionSpec("chains"))
        solve = self._solve_batch if self.batched else self._solve_each
        self.compiled = jax.jit(jax.shard_map(lambda keys: solve(keys[0]), mesh=mesh, check_vma=False,
                                              in_specs=PartitionSpec("chains"),
                                              out_specs=PartitionSpec(None, "chains")))

    def simulate(self, seed):
        keys = jax.random.split(jax.random.key(seed), self.devices)
        return self.compiled(jax.device_put(keys, self.keys_sharding)).block_until_ready()

    def to_host(self, states):
        return np.asarray(states)[:, : self.workload.chains].T

    def _solve_batch(self, key):
        """All chains of a device as one equation in [d, chains], whose diffusion acts on the columns."""
        return self._solve(key, (self.workload.dimension, self.chains_per_device), ColumnwiseControlTerm)

    def _solve_each(self, key):
        """vmap over one-chain equations, each with a key of its own."""
        keys = jax.random.split(key, self.chains_per_device)
        return jax.vmap(lambda k: self._solve(k, (self.workload.dimension,), diffrax.ControlTerm))(keys).T

    def _solve(self, key, shape, control_term):
        w = self.workload
        path = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        drift = diffrax.ODETerm(lambda t, position, args: self.drift @ position)
        noise = control_term(lambda t, position, args: self.diffusion, path)
        solution = diffrax.diffeqsolve(
            diffrax.MultiTerm(drift, noise), diffrax.Euler(), t0=0.0, t1=w.steps * w.step_size, dt0=w.step_size,
            y0=jnp.zeros(shape, jnp.float32), saveat=diffrax.SaveAt(t1=True),
            stepsize_controller=diffrax.ConstantStepSize(), adjoint=diffrax.DirectAdjoint(), max_steps=None)
        return solution.ys[0]
