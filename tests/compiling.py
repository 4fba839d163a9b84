"""How programs are compiled in tests: without effort, as they run once or twice."""

from collections.abc import Mapping

# A third of the time of XLA's defaults. The second flag takes the older code generator
# of loops in place of MLIR's, the third leaves a program in one piece.
QUICKLY = (
    "--xla_backend_optimization_level=0",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)


def environment(variables: Mapping[str, str], num_devices: int = 1) -> dict[str, str]:
    """Variables of a process of its own that compiles so, for that many devices."""
    count = f"--xla_force_host_platform_device_count={num_devices}"
    return {**variables, "XLA_FLAGS": " ".join((count, *QUICKLY))}
