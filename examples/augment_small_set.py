"""More training series from few: does a classifier gain?

  python examples/augment_small_set.py            # control charts; trains: a minute or two
  python examples/augment_small_set.py --data=GunPoint --run=runs/my-gunpoint

A generator learns from a small training set: 60 control charts, ten of each of six
classes, or a set of the archive. Then the same classifiers are trained twice, on those
series alone and on those with generated ones, and both are judged on test series that
neither has seen. Nearest neighbours gain most: generated series fill the space between
the few real ones. Which of yours do is a question to ask a validation part.
"""

import argparse

import control_charts
import numpy as np
from example_model import model, parser
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from tsgen_jax.data.sources.archive import load_archive

CLASSIFIERS = {
    "1-nearest neighbour": KNeighborsClassifier(1),
    "support vectors": SVC(),
    "random forest": RandomForestClassifier(300, random_state=0),
    "logistic regression": LogisticRegression(max_iter=2000),
}
_NUM_TEST = 500  # Control charts of each class to judge on.


def parse() -> argparse.Namespace:
    """The command line."""
    made = parser(__doc__)
    made.add_argument("--data", default="", help="a set of the archive")
    made.add_argument("--root", default="", metavar="DIR", help="where it is")
    made.add_argument("--num", type=int, default=10, help="control charts of a class")
    made.add_argument("--times", type=int, default=4, help="generated for a real one")
    made.add_argument("--seed", type=int, default=0, help="of charts and training")
    return made.parse_args()


def series(args: argparse.Namespace) -> tuple[np.ndarray, ...]:
    """x [n, L, C] and the names of the classes [n], to train on and to test on."""
    if not args.data:
        train = control_charts.series(args.num, seed=2 * args.seed)
        return *train, *control_charts.series(_NUM_TEST, seed=2 * args.seed + 1)
    raw = load_archive(args.data, args.root)
    return raw.x_train, raw.y_train, raw.x_test, raw.y_test


def main():
    """Prints accuracies, with the spread over three draws."""
    args = parse()
    x_train, y_train, x_test, y_test = series(args)
    name = args.data or "control charts"
    generator = model(args, x_train, y_train, name, args.seed)
    print(generator)
    labels = np.tile(y_train, args.times)
    draws = [generator.sample(len(labels), labels, seed) for seed in range(3)]

    def flat(x):
        return x.reshape(len(x), -1)

    for name, classifier in CLASSIFIERS.items():
        classifier.fit(flat(x_train), y_train)
        alone = classifier.score(flat(x_test), y_test)
        more = []
        for x in draws:
            classifier.fit(
                flat(np.concatenate([x_train, x])), np.concatenate([y_train, labels])
            )
            more.append(classifier.score(flat(x_test), y_test))
        print(
            f"{name}: {alone:.3f} with the {len(x_train)} real series, "
            f"{np.mean(more):.3f} +- {np.std(more):.3f} with {len(labels)} generated "
            "ones added"
        )


if __name__ == "__main__":
    main()
