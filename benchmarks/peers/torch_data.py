"""Series and their augmented views for PyTorch, through a DataLoader."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks.peers import numpy_augment


class Views(Dataset):
    """Series float32 [n, C, L]; item i is (x, x') with a fresh view x'."""

    def __init__(self, x: np.ndarray, config: dict):
        self.x, self.config = x, config
        self.rng = np.random.default_rng()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], numpy_augment.augment(self.rng, self.x[i], self.config)


def _own_generator(worker: int) -> None:
    info = torch.utils.data.get_worker_info()
    info.dataset.rng = np.random.default_rng([info.seed, worker])


def make_loader(
    x: np.ndarray, config: dict, batch_size: int, num_workers: int, pin: bool
) -> DataLoader:
    """Shuffled batches of two views [B, C, L]; the last, partial one is left out.

    Workers stay between epochs, so starting them is not part of an epoch.
    """
    return DataLoader(
        Views(x, config),
        batch_size=batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        worker_init_fn=_own_generator,
        pin_memory=pin,
    )
