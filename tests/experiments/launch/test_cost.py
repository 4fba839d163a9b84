import types

import pytest

from experiments.launch import cost


def _zone(folder, name, energy, top=1000_000_000):
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "energy_uj").write_text(f"{energy}\n")
    (place / "max_energy_range_uj").write_text(f"{top}\n")


def test_packages_are_added_and_counters_begin_anew(tmp_path):
    _zone(tmp_path, "intel-rapl:0", 900_000_000)
    _zone(tmp_path, "intel-rapl:1", 5_000_000)
    _zone(tmp_path, "intel-rapl:0:0", 7)  # A part of a package.
    before = cost.rapl(tmp_path)
    assert set(before) == {"intel-rapl:0", "intel-rapl:1"}
    _zone(tmp_path, "intel-rapl:0", 100_000_000)  # 100 up to the top, and 100.
    _zone(tmp_path, "intel-rapl:1", 8_000_000)
    assert cost.rapl_joules(before, cost.rapl(tmp_path)) == pytest.approx(203.0)


def test_a_machine_that_does_not_tell(tmp_path, monkeypatch):
    assert cost.rapl(tmp_path) is None
    assert cost.rapl_joules(None, None) is None
    monkeypatch.setattr(cost, "_POWERCAP", tmp_path)
    monkeypatch.setattr(cost, "rapl", lambda: None)
    read = cost.Meter(2, (), 1, 445.0).read()
    assert read["joules"] is None
    assert read["co2_grams"] is None
    assert read["device_seconds"] == pytest.approx(2 * read["seconds"])


class _Nvml:
    """Two GPUs; the counter of the second moves by 7200 J."""

    def __init__(self):
        self.handles, self.reads = ["a", "b"], iter([1e6, 8.2e6])
        self._nvml = types.SimpleNamespace(
            nvmlDeviceGetTotalEnergyConsumption=lambda handle: (
                next(self.reads) if handle == "b" else 0.0
            ),
            nvmlDeviceGetName=lambda handle: f"GPU {handle}",
        )

    names, joules = cost.Nvml.names, cost.Nvml.joules


def test_a_process_pays_for_its_gpu_and_its_share_of_packages(monkeypatch):
    readings = iter([{"p": (0, 10**12)}, {"p": (3_600_000_000, 10**12)}])
    monkeypatch.setattr(cost, "rapl", lambda: next(readings))
    monkeypatch.setattr(cost, "Nvml", _Nvml)
    meter = cost.Meter(8, (1,), 2, 100.0)
    assert meter.machine() == "1 x GPU b"
    read = meter.read()
    assert read["joules"] == pytest.approx(7200 + 3600 / 2)
    assert read["co2_grams"] == pytest.approx(9000 / 3.6e6 * 100)
    assert read["device_seconds"] == pytest.approx(read["seconds"])


def test_processes_on_one_gpu_divide_its_time_and_energy(monkeypatch):
    monkeypatch.setattr(cost, "rapl", lambda: None)
    monkeypatch.setattr(cost, "Nvml", _Nvml)
    meter = cost.Meter(4, (1,), 3, 100.0, on_gpu=3)
    assert meter.machine() == "1 x GPU b, 3 processes on each"
    read = meter.read()
    assert read["joules"] == pytest.approx(7200 / 3)
    assert read["device_seconds"] == pytest.approx(read["seconds"] / 3)


def test_a_kilowatt_hour_is_the_factor():
    assert cost.grams(3.6e6) == cost.GRAMS_PER_KWH == 445.0
