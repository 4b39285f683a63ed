"""Identifiers with right check characters, computed from the data of their schemes (``schemes/*.yaml``)."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.sample.errors import SampleError
from conformance.standard.model import CheckRule, Scheme

Bytes = npt.NDArray[np.uint8]

_WEIGHTED = "weighted"
_HYBRID = "iso7064-mod-11-10"
_NO_VALUE = -1


def complete(scheme: Scheme, bodies: pl.Series) -> pl.Series:
    """The identifiers of ``bodies``: each has every character but the check character, which is put in its place.

    A scheme without a check character gives the bodies back. All bodies are ASCII and of one length.
    """
    check, part = scheme.check, scheme.part("check")
    if check is None or part is None or bodies.is_empty():
        return bodies
    matrix = _matrix(bodies, scheme.length - 1)
    at = part.start - 1
    characters = check_characters(scheme, matrix)
    return _text(np.concatenate([matrix[:, :at], characters[:, None], matrix[:, at:]], axis=1))


def check_character(scheme: Scheme, body: str) -> str:
    """The check character of one body (the identifier without its check character)."""
    return str(complete(scheme, pl.Series([body]))[0])[_check_at(scheme)]


def recompute(scheme: Scheme, identifier: str) -> str:
    """The identifier with the check character that its other characters ask for."""
    at = _check_at(scheme)
    body = identifier[:at] + identifier[at + 1 :]
    return str(complete(scheme, pl.Series([body]))[0])


def check_characters(scheme: Scheme, bodies: Bytes) -> Bytes:
    """One check character for each row of ``bodies`` (ASCII codes, the check character left out)."""
    assert scheme.check is not None  # noqa: S101 - the caller looked
    values = _values(scheme.id, scheme.check)[bodies]
    if (values == _NO_VALUE).any():
        raise SampleError("sample.identifier.character", scheme=scheme.id)
    if scheme.check.algorithm == _WEIGHTED:
        answers = _weighted(scheme, values, _candidates(scheme, bodies[0].tobytes().decode("ascii")))
    elif scheme.check.algorithm == _HYBRID:
        answers = _hybrid(scheme.check, values)
    else:
        raise SampleError("sample.identifier.algorithm", scheme=scheme.id, algorithm=scheme.check.algorithm)
    return answers


def _candidates(scheme: Scheme, body: str) -> dict[str, int]:
    """The check characters that the scheme's pattern admits, with their values (GB 11714 admits X, not A)."""
    assert scheme.check is not None  # noqa: S101 - the caller looked
    at, pattern = _check_at(scheme), re.compile(scheme.pattern)
    return {c: v for c, v in scheme.check.check_values.items() if pattern.fullmatch(body[:at] + c + body[at:])}


def _weighted(scheme: Scheme, values: npt.NDArray[np.int64], candidates: dict[str, int]) -> Bytes:
    rule = scheme.check
    assert rule is not None  # noqa: S101 - the caller looked
    at = _check_at(scheme)
    own = rule.weights[at]
    weights = np.array(rule.weights[:at] + rule.weights[at + 1 :], dtype=np.int64)
    residues = (values @ weights) % rule.modulus
    table = np.zeros(rule.modulus, dtype=np.uint8)
    for character, value in candidates.items():
        table[(rule.remainder - value * own) % rule.modulus] = ord(character)
    answers: Bytes = table[residues]
    if not answers.all():
        raise SampleError("sample.identifier.unsolvable", scheme=scheme.id)
    return answers


def _hybrid(rule: CheckRule, values: npt.NDArray[np.int64]) -> Bytes:
    """ISO 7064, hybrid system MOD M+1,M: the product starts at M; the check brings the last sum to 1 modulo M."""
    size = rule.modulus
    product = np.full(len(values), size, dtype=np.int64)
    for column in values.T:
        total = (product + column) % size
        total[total == 0] = size
        product = total * 2 % (size + 1)
    table = np.zeros(size, dtype=np.uint8)
    for character, value in rule.check_values.items():
        table[value] = ord(character)
    answers: Bytes = table[(rule.remainder - product) % size]
    return answers


@cache
def _value_table(values: tuple[tuple[str, int], ...]) -> npt.NDArray[np.int64]:
    table = np.full(256, _NO_VALUE, dtype=np.int64)
    for character, value in values:
        table[ord(character)] = value
    return table


def _values(scheme: str, rule: CheckRule) -> npt.NDArray[np.int64]:
    if any(len(character) != 1 or ord(character) > 255 for character in rule.values):  # noqa: PLR2004 - one byte
        raise SampleError("sample.identifier.character", scheme=scheme)
    return _value_table(tuple(rule.values.items()))


def _check_at(scheme: Scheme) -> int:
    part = scheme.part("check")
    if part is None or scheme.check is None:
        raise SampleError("sample.identifier.unchecked", scheme=scheme.id)
    return part.start - 1


def _matrix(texts: pl.Series, length: int) -> Bytes:
    if not (texts.str.len_bytes() == length).all():
        raise SampleError("sample.identifier.length", length=length)
    raw = b"".join(text.encode("ascii") for text in texts.to_list())
    return np.frombuffer(raw, dtype=np.uint8).reshape(len(texts), length)


def _text(matrix: Bytes) -> pl.Series:
    size, length = matrix.shape
    whole = matrix.tobytes().decode("ascii")
    return pl.Series([whole[at : at + length] for at in range(0, size * length, length)], dtype=pl.String)
