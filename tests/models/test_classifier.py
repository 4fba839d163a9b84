import jax
import jax.numpy as jnp
import numpy as np

from tsgen_jax.models import classifier

_EPS = 1e-5


def _by_hand(weights, x, sizes):
    """The network in use, written out with loops over positions and taps."""
    weights = jax.tree.map(np.asarray, weights)
    params, stats = weights["params"], weights["batch_stats"]
    for i, size in enumerate(sizes):
        kernel = np.asarray(params[f"kernel_{i}"], np.float64)[:, 0]
        before = (size - 1) // 2  # As PyTorch's and TensorFlow's 'same'.
        padded = np.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))
        y = np.zeros((*x.shape[:2], kernel.shape[-1]))
        for t in range(x.shape[1]):
            for tap in range(size):
                y[:, t] += padded[:, t + tap] @ kernel[tap]
        mean, var = (stats[f"norm_{i}"]["BatchNorm_0"][k] for k in ("mean", "var"))
        scale, bias = (params[f"norm_{i}"]["BatchNorm_0"][k] for k in ("scale", "bias"))
        x = np.maximum((y - mean) / np.sqrt(var + _EPS) * scale + bias, 0)
    features = x.mean(1)
    linear = params["linear"]
    return features @ linear["kernel"] + linear["bias"], features


def test_it_is_convolutions_norms_and_a_mean():
    model = classifier.Classifier(3, (4, 6, 5), (8, 5, 3))
    x = np.random.default_rng(0).normal(size=(2, 11, 2)).astype("float32")
    weights = model.init(jax.random.key(0), x, train=False)
    noise = np.random.default_rng(1)
    weights = jax.tree.map(
        lambda w: w + jnp.asarray(noise.uniform(0, 0.2, w.shape), w.dtype), weights
    )
    logits, features = classifier.classify(model, weights, x)
    expected = _by_hand(weights, x.astype(float), (8, 5, 3))
    np.testing.assert_allclose(logits, expected[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(features, expected[1], rtol=1e-5, atol=1e-5)


def test_first_weights_are_as_wide_as_pytorchs():
    """Uniform with bound 1 / sqrt(fan in), for kernels and the last bias."""
    model = classifier.Classifier(50, (40, 30), (8, 5))
    params = model.init(jax.random.key(1), jnp.zeros((1, 9, 3)), train=False)["params"]
    for kernel, fan in (("kernel_0", 24), ("kernel_1", 200)):
        largest = np.abs(params[kernel]).max()
        assert 0.9 / np.sqrt(fan) < largest <= 1 / np.sqrt(fan) + 1e-6
