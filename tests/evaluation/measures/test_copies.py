"""Copies of token sequences, against a search by hand."""

import numpy as np
import pytest

from tsgen_jax.evaluation.measures import copies


def _longest(sequence, train) -> int:
    """Every stretch at every place of every series, compared frame by frame."""
    longest, length = 0, len(sequence)
    for other in train:
        for i in range(length):
            for j in range(length):
                size = 0
                while max(i, j) + size < length and list(sequence[i + size]) == list(
                    other[j + size]
                ):
                    size += 1
                longest = max(longest, size)
    return longest


@pytest.mark.parametrize(("codes", "width"), [(2, 1), (3, 1), (3, 2), (9, 2), (50, 1)])
def test_longest_stretches_are_those_of_a_search_by_hand(codes, width):
    rng = np.random.default_rng(codes)
    train = rng.integers(0, codes, (7, 11, width))
    tokens = rng.integers(0, codes, (9, 11, width))
    tokens[0] = train[4]
    tokens[1, :5] = train[2, 6:]  # Copied, but at another time.
    tokens[2] = codes + 1  # A code that TRAIN has not.
    found = copies.longest_stretches(tokens, train)
    assert found.tolist() == [_longest(row, train) for row in tokens]
    assert found[0] == 11
    assert found[1] >= 5
    assert found[2] == 0


def test_equal_frames_make_long_stretches_too():
    flat, train = np.zeros((2, 6, 1), int), np.zeros((3, 6, 1), int)
    train[:, 4] = 1  # No series is flat for more than 4 frames.
    assert copies.longest_stretches(flat, train).tolist() == [4, 4]
    assert not copies.copied_sequences(flat, train).any()


def test_a_sequence_is_copied_where_all_its_tokens_are():
    rng = np.random.default_rng(0)
    train = rng.integers(0, 4, (20, 5, 2))
    tokens = np.concatenate([train[[3, 17]], train[:3]])
    tokens[2, 4, 1] += 1
    tokens[3] = tokens[3][:, ::-1] + 4  # As many tokens, in other frequency bins.
    assert copies.copied_sequences(tokens, train).tolist() == [True] * 2 + [
        any((row == other).all() for other in train) for row in tokens[2:]
    ]
    other_kind = tokens.astype(np.int32)
    assert copies.copied_sequences(other_kind, train)[:2].all()


def test_frames_are_columns_of_the_map():
    maps = np.arange(2 * 3 * 4).reshape(2, 3, 4)  # Frequency bins by frames.
    found = copies.frames(maps.reshape(2, 12), (3, 4))
    assert found.shape == (2, 4, 3)
    assert found[1, 2].tolist() == maps[1, :, 2].tolist()


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (np.zeros((2, 3), int), "must be integers"),
        (np.zeros((2, 3, 1)), "must be integers"),
        (np.zeros((0, 3, 1), int), "not empty"),
        (np.zeros((2, 4, 1), int), "differ in frames"),
    ],
)
def test_other_shapes_are_refused(tokens, said):
    train = np.zeros((2, 3, 1), int)
    for function in (copies.longest_stretches, copies.copied_sequences):
        with pytest.raises(ValueError, match=said):
            function(tokens, train)
