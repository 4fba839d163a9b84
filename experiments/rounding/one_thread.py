"""main.py on one thread: sums are split otherwise, so their last bits differ.

python -m experiments.rounding.one_thread --config=... [what main.py takes]
"""

from experiments import rounding

if __name__ == "__main__":
    # XLA takes NPROC for the size of its pools (xla/pjrt/utils.cc, DefaultThreadPoolSize).
    flag = "--xla_cpu_multi_thread_eigen=false"
    rounding.start({"NPROC": "1", "XLA_FLAGS": flag})
