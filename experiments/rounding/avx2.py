"""main.py with AVX2 in place of AVX-512: vectors are half as wide, sums in another order.

python -m experiments.rounding.avx2 --config=... [what main.py takes]
"""

from experiments import rounding

if __name__ == "__main__":
    rounding.start({"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"})
