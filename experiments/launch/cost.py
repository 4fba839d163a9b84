"""What a process cost: time of devices, energy where the machine tells, CO2.

Energy is of the processor packages (RAPL, /sys/class/powercap; root alone may read it
on most machines) and of NVIDIA GPUs (NVML, `pip install nvidia-ml-py`), as counters
before and after. Other parts of the machine are not in it. Packages and GPUs are shared
evenly among the processes that the launcher runs at once. CO2 is energy times
`GRAMS_PER_KWH`, or times another factor that the launcher is given.
"""

import contextlib
import os
import pathlib
import platform
import time
from typing import Any

# Mean of the world's electricity in 2024: International Energy Agency, Electricity 2025,
# https://www.iea.org/reports/electricity-2025.
GRAMS_PER_KWH = 445.0
_POWERCAP = pathlib.Path("/sys/class/powercap")
_JOULES_PER_KWH = 3.6e6


def rapl(folder: pathlib.Path = _POWERCAP) -> dict[str, tuple[int, int]] | None:
    """Package -> (microjoules, where its counter begins anew); None: it does not tell."""
    found = {}
    for zone in sorted(folder.glob("intel-rapl:*")):  # AMD's have this name as well.
        if zone.name.count(":") > 1:
            continue  # Part of a package.
        try:
            energy = int((zone / "energy_uj").read_text())
            found[zone.name] = energy, int((zone / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            return None
    return found or None


def rapl_joules(before: dict | None, after: dict | None) -> float | None:
    """Energy between two readings; a counter may have begun anew once."""
    if not before or not after or before.keys() != after.keys():
        return None
    total = 0
    for name, (end, top) in after.items():
        used = end - before[name][0]
        total += used if used >= 0 else used + top
    return total / 1e6


class Nvml:
    """NVIDIA GPUs of this machine; none where its library or driver is absent."""

    def __init__(self):
        self._nvml, self.handles = None, []
        with contextlib.suppress(Exception):  # Of any kind: it is only asked.
            import pynvml

            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            self._nvml = pynvml
            self.handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]

    def names(self) -> list[str]:
        """Of every GPU."""
        return [str(self._nvml.nvmlDeviceGetName(handle)) for handle in self.handles]

    def joules(self, which: tuple[int, ...]) -> float | None:
        """Since the driver was loaded, of some GPUs; None: it does not tell."""
        total = 0.0
        for index in which:
            try:
                handle = self.handles[index]
                total += self._nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3
            except Exception:  # noqa: BLE001 - old GPUs have no counter.
                return None
        return total if which else None


def cpu_name() -> str:
    """Model of the processor."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


class Meter:
    """Counts from its making: `read` says what was used since."""

    def __init__(
        self,
        cores: int,
        gpus: tuple[int, ...],
        shared_by: int,
        grams: float,
        on_gpu: int = 1,
    ):
        """Begins.

        Args:
            cores: that the process may use.
            gpus: numbers of the GPUs that it uses.
            shared_by: processes among which the packages' energy is divided.
            grams: CO2 per kWh.
            on_gpu: processes among which each GPU's time and energy are divided.
        """
        self._on_gpu = on_gpu
        self._nvml, self._gpus, self._cores = Nvml(), gpus, cores
        self._shared_by, self._grams = shared_by, grams
        self._started, self._rapl = time.time(), rapl()
        self._joules = self._nvml.joules(gpus)

    def read(self) -> dict[str, Any]:
        """Device-seconds (of cores where there is no GPU), joules and grams, or None."""
        seconds = time.time() - self._started
        package = rapl_joules(self._rapl, rapl())
        gpu, end = None, self._nvml.joules(self._gpus)
        if self._joules is not None and end is not None:
            gpu = (end - self._joules) / self._on_gpu
        parts = [part for part in (package, gpu) if part is not None]
        joules = None
        if parts:
            joules = sum(parts) - (package or 0.0) * (1 - 1 / self._shared_by)
        return {
            "seconds": seconds,
            "device_seconds": seconds * (len(self._gpus) / self._on_gpu or self._cores),
            "joules": joules,
            "co2_grams": None if joules is None else grams(joules, self._grams),
        }

    def machine(self) -> str:
        """Devices in words: '1 x NVIDIA H100', or '2 cores of AMD EPYC'."""
        if self._gpus and self._nvml.handles:
            name = self._nvml.names()[self._gpus[0]]
            among = f", {self._on_gpu} processes on each" if self._on_gpu > 1 else ""
            return f"{len(self._gpus)} x {name}{among}"
        cores = f"{self._cores} core{'s' * (self._cores > 1)}"
        return f"{cores} of {cpu_name()}"


def grams(joules: float, per_kwh: float = GRAMS_PER_KWH) -> float:
    """CO2 of so much energy."""
    return joules / _JOULES_PER_KWH * per_kwh


def gpus_here() -> tuple[int, ...]:
    """Numbers of the GPUs that this process may use, without starting them."""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if seen is not None:
        return tuple(int(part) for part in seen.split(",") if part.strip().isdigit())
    return tuple(range(len(list(pathlib.Path("/dev").glob("nvidia[0-9]*")))))
