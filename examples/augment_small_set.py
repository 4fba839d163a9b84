"""More training series from few: does a classifier gain?

  python examples/augment_small_set.py            # trains a model: some minutes
  python examples/augment_small_set.py --run=runs/ssl_vqvae-vibcreg-GunPoint

A generator learns from GunPoint's 50 training series. Then the same classifier is
trained twice, on the 50 alone and on the 50 with generated ones, and both are judged on
the 150 test series, which neither has seen.
"""

import numpy as np
from gunpoint import model, parse, series
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

CLASSIFIERS = {
    "1-nearest neighbour": KNeighborsClassifier(1),
    "logistic regression": LogisticRegression(max_iter=2000),
}


def main():
    """Prints accuracies, with the spread over five draws."""
    args = parse(__doc__)
    x_train, y_train = series("TRAIN")
    x_test, y_test = series("TEST")
    generator = model(args)
    print(generator)
    num = len(x_train)  # As many generated series as real ones.
    labels = np.array(generator.classes)[generator.labels(num)]
    draws = [generator.sample(num, label=labels, seed=seed) for seed in range(5)]

    def flat(x):
        return x.reshape(len(x), -1)

    for name, classifier in CLASSIFIERS.items():
        alone = classifier.fit(flat(x_train), y_train).score(flat(x_test), y_test)
        more = []
        for x in draws:
            both = np.concatenate([x_train, x]), np.concatenate([y_train, labels])
            classifier.fit(flat(both[0]), both[1])
            more.append(classifier.score(flat(x_test), y_test))
        print(
            f"{name}: {alone:.3f} with the {num} real series, "
            f"{np.mean(more):.3f} +- {np.std(more):.3f} with {num} generated ones added"
        )


if __name__ == "__main__":
    main()
