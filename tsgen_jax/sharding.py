"""Data parallelism: one axis of devices, batches split over it."""

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def make_mesh(batch_size: int, num_devices: int) -> Mesh:
    """A mesh with one axis 'data', of as many devices as divide the batch.

    The result of a step does not depend on how many that are.

    Args:
        batch_size: global batch size B.
        num_devices: devices to use at the most; 0: all.

    Raises:
        ValueError: more devices are asked for than there are.
    """
    available = jax.device_count()
    if not 0 <= num_devices <= available:
        raise ValueError(
            f"num_devices={num_devices}, but {available} device(s) are there; 0 "
            "uses all."
        )
    most = num_devices or available
    count = max(d for d in range(1, most + 1) if batch_size % d == 0)
    devices = jax.devices()[:count]
    return jax.make_mesh((count,), ("data",), (AxisType.Auto,), devices=devices)


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def split(mesh: Mesh) -> NamedSharding:
    """The leading axis is shared among the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))
