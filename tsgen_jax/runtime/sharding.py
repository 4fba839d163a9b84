"""Data parallelism: batches split over one axis of devices, seeds over another."""

import math

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def make_mesh(batch_size: int, num_devices: int, num_seeds: int = 1) -> Mesh:
    """A mesh with one axis 'data', of as many devices as divide the batch.

    For several seeds it has an axis 'seed' as well. Of all shapes that divide seeds and
    batch it takes one with the most devices, and of those the one with most along
    'seed', because seeds have nothing to tell each other. The result of a step does
    not depend on it.

    Args:
        batch_size: global batch size B.
        num_devices: devices to use at the most; 0: all.
        num_seeds: S, runs that are trained as one program.

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
    shapes = [
        (seeds, data)
        for seeds in range(1, most + 1)
        for data in range(1, most // seeds + 1)
        if num_seeds % seeds == 0 and batch_size % data == 0
    ]
    shape = max(shapes, key=lambda s: (s[0] * s[1], s[0]))
    names = ("seed", "data")
    if num_seeds == 1:
        shape, names = shape[1:], names[1:]
    devices = jax.devices()[: math.prod(shape)]
    kinds = (AxisType.Auto,) * len(shape)
    return jax.make_mesh(shape, names, kinds, devices=devices)


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def split(mesh: Mesh) -> NamedSharding:
    """The leading axis is shared among the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def by_seed(mesh: Mesh) -> NamedSharding:
    """The leading axis, of seeds, is shared among the devices of the axis 'seed'."""
    return NamedSharding(mesh, PartitionSpec("seed"))
