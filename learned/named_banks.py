"""Banks by name: those that ship with filt, and those in files."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

from ..filters.catalogue import ALIASES
from ..filters.errors import InputError
from ..filters.registry import FILTERS
from .files.model_files import read_model
from .kernel_bank import KernelBank
from .shipped import NETWORK, SHIPPED, shipped_bank

BANKS: MappingProxyType[str, str] = MappingProxyType(
    {name: shipped.about for name, shipped in SHIPPED.items() if name != NETWORK}
)
"""The banks that ship with filt, and what each of them is."""


def is_bank_name(text: str) -> bool:
    """Whether a text can name a bank or one of its kernels: a shipped one, or one in a file.

    A file's name is told from a filter's by a dot or a slash in it.

    >>> [is_bank_name(text) for text in ("learned:7", "model.keras", "sobel", "box:size=3.5")]
    [True, True, False, False]
    """
    before, _, after = text.partition(":")
    word = before.strip().lower()
    if word in BANKS:
        return "=" not in after
    is_filter = word in FILTERS or word in ALIASES
    return not is_filter and (_is_path(before) or (_is_path(text) and "=" not in after))


def split_number(text: str) -> tuple[str, str | None]:
    """A bank's name, and what follows its last colon; None where nothing does.

    >>> split_number("learned:7"), split_number("a.npz"), split_number("learned:")
    (('learned', '7'), ('a.npz', None), ('learned', ''))
    """
    before, colon, after = text.rpartition(":")
    is_numbered = bool(colon) and is_bank_name(before) and not _is_path(after)
    name = (before if is_numbered else text).strip()
    name = name.lower() if name.lower() in BANKS else name
    return name, after.strip() if is_numbered else None


def open_bank(name: str) -> KernelBank:
    """The bank of that name: one that ships with filt, or the first convolution in a file.

    A file's bank is called as its path, so that its kernels are PATH:0, PATH:1, …
    Raises what `read_model` does.

    >>> open_bank("learned")[7].name
    'learned:7'
    """
    return _shipped(name) if name in BANKS else read_model(name, name=name)


@lru_cache(maxsize=len(SHIPPED))
def _shipped(name: str) -> KernelBank:
    return shipped_bank(name).renamed(name)


def kernel_number(bank: KernelBank, text: str) -> int:
    """The number of a kernel in a bank, from its text.

    Raises InputError for what is no number and for one that the bank does not have.

    >>> kernel_number(KernelBank.from_names(["sobel-x", "sobel-y"]), "1")
    1
    """
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) >= len(bank):
        counted = f"{len(bank)} kernels, 0 to {len(bank) - 1}" if len(bank) > 1 else "1 kernel, 0"
        raise InputError(f"{bank.name} has {counted}, got number {text!r}")
    return int(text)


def _is_path(text: str) -> bool:
    return any(sign in text for sign in "./\\")
