"""What the two JAX peers share: a host device for each core, the chains divided among the devices, float32 all through.

XLA runs a loop over small arrays on one core, so each core gets a device (`--xla_force_host_platform_device_count`) and
shard_map gives it its part of the chains.
"""

import os

from peer import Peer, cores

# Read by XLA when jax is first imported.
if os.environ.get("PEER_DEVICE") == "cpu":
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={cores()}"
    os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import numpy as np  # noqa: E402
from jax.sharding import NamedSharding, PartitionSpec  # noqa: E402

jax.config.update("jax_threefry_partitionable", False)
jax.config.update("jax_default_matmul_precision", "highest")  # float32 on GPUs too, not TF32


class JaxBase(Peer):
    """Subclasses give `simulate_chains(key)`: the final positions [d, chains_per_device] of one device's chains."""

    implementation = "threefry2x32"

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.devices = len(jax.devices())
        self.chains_per_device = -(-workload.chains // self.devices)
        mesh = jax.make_mesh((self.devices,), ("chains",))
        self.keys_sharding = NamedSharding(mesh, PartitionSpec("chains"))
        simulate = lambda keys: self.simulate_chains(keys[0])  # noqa: E731
        if self.devices > 1:
            simulate = jax.shard_map(simulate, mesh=mesh, check_vma=False, in_specs=PartitionSpec("chains"),
                                     out_specs=PartitionSpec(None, "chains"))
        self.compiled = jax.jit(simulate)

    def simulate(self, seed):
        keys = jax.random.split(jax.random.key(seed, impl=self.implementation), self.devices)
        return self.compiled(jax.device_put(keys, self.keys_sharding)).block_until_ready()

    def to_host(self, states):
        return np.asarray(states)[:, : self.workload.chains].T
