"""Files in stores that fsspec knows (s3://, gs:// and others): fetched whole, put whole.

A file is copied into a local temporary one and read by the same reader as every other; what is
written is made locally first and then put in one transaction of fsspec's. http is not among them:
what a page gives is a stranger's, and nothing is fetched from there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from ..errors import FiltError, InputError, ReadError, WriteError
from .disk import PathLike, display_path, reason
from .formats import ZARR

INSTALL = 'fsspec is not installed: pip install "filt[large]"'
MOST_FILES = 100_000
"""So many files one pattern may stand for."""

# .npy may hold four channels of eight bytes; no other format has more bytes a pixel.
_BYTES_A_PIXEL = 32
_BYTES_BESIDE = 64 << 20
_CHUNK = 4 << 20
_REFUSED = ("http", "https")
_MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class RemotePath:
    """A file in a store, by its URL; what of a path's ways its users need.

    >>> path = RemotePath("s3://bucket/in/photo.jpg")
    >>> path.stem, path.suffix, str(path.with_name("edges.png"))
    ('photo', '.jpg', 's3://bucket/in/edges.png')
    """

    url: str

    def __fspath__(self) -> str:
        return self.url

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(self.url + ("" if self.url.endswith("/") else "/") + name)

    @property
    def name(self) -> str:
        """What stands after the last slash; nothing for a store's root."""
        return self.url.partition("://")[2].rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The name's ending, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> RemotePath:
        """The folder in which it is."""
        return RemotePath(self.url.removesuffix(self.name))

    @property
    def identity(self) -> str:
        """The same text for every way to write this URL."""
        protocol, _, rest = self.url.partition("://")
        known = _store_class(self.url).protocol
        first = known if isinstance(known, str) else known[0]
        return f"{first if protocol in known else protocol}://{rest.lstrip('/')}"

    def with_name(self, name: str) -> RemotePath:
        """The file of another name in the same folder."""
        return self.parent / name


AnyPath: TypeAlias = Path | RemotePath


def place(path: PathLike) -> AnyPath:
    """The file that a text names: on this machine's disks (file:// too), or in a store.

    Raises InputError for URLs of http and of protocols that nobody knows, FiltError, which says
    what to install, where fsspec or its driver for the protocol is missing.

    >>> place("file:///photos/a%20b.png").as_posix(), place("photo.png").as_posix()
    ('/photos/a b.png', 'photo.png')
    """
    text = os.fsdecode(path)
    protocol, found, rest = text.partition("://")
    if not found:
        return Path(text)
    if protocol.lower() == "file":
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise InputError(f"{display_path(text)}: a file of this machine is file:///PATH")
        # Not parts.path: a ? or # belongs to the name here, as to every other tool's.
        return Path(url2pathname(rest.removeprefix(parts.netloc)))
    if protocol.lower() in _REFUSED or "::" in text:
        raise InputError(f"{display_path(text)}: filt reads files, not URLs")
    _store_class(text)
    return RemotePath(text)


def expanded(path: RemotePath) -> list[RemotePath]:
    """The files that a URL with *, ? or [ in it stands for, sorted; itself without any.

    Raises ReadError where there is none, where there are more than `MOST_FILES`, and for what the
    store refuses.
    """
    if is_array(bare := RemotePath(path.url.rstrip("/"))):
        path = bare
    if not _MAGIC & set(path.url):
        return [path]
    with store_refusals(path, ReadError):
        store, pattern = opened_store(path)
        # A store's own paths lack the protocol, and some of them the host.
        before = path.url.removesuffix(pattern)
        known = store.glob(pattern, detail=True).items()
        urls = [(RemotePath(before + name.rstrip("/")), about["type"]) for name, about in known]
        found = sorted((url for url, kind in urls if kind == "file" or is_array(url)), key=str)
    if not found:
        raise ReadError(f"{display_path(path)}: no such file")
    if len(found) > MOST_FILES:
        raise ReadError(f"{display_path(path)}: {len(found)} files, the limit is {MOST_FILES}")
    return found


def is_folder(path: AnyPath) -> bool:
    """Whether a folder is there by that name."""
    if isinstance(path, Path):
        return os.path.isdir(path)
    with store_refusals(path, ReadError):
        store, name = opened_store(path)
        return bool(store.isdir(name))


def is_there(path: AnyPath) -> bool:
    """Whether anything is there by that name."""
    if isinstance(path, Path):
        return os.path.exists(path)
    with store_refusals(path, ReadError):
        store, name = opened_store(path)
        return bool(store.exists(name))


@contextmanager
def fetched(path: RemotePath, max_pixels: int) -> Iterator[Path]:
    """A copy on this machine's disk, of the same name, for as long as the block.

    max_pixels: files with more bytes than any picture of so many pixels has are refused.
    Raises ReadError, which names the URL.
    """
    largest = _BYTES_BESIDE + _BYTES_A_PIXEL * max_pixels
    with temporary_folder(path) as folder:
        copy = folder / path.name
        with store_refusals(path, ReadError):
            store, name = opened_store(path)
            about = store.info(name)
            if about["type"] == "directory":
                raise ReadError(f"{display_path(path)}: is a directory")
            _check_bytes(path, about.get("size") or 0, largest, max_pixels)
            with store.open(name, "rb") as source, copy.open("xb") as file:
                while data := source.read(_CHUNK):
                    _check_bytes(path, file.tell() + len(data), largest, max_pixels)
                    file.write(data)
        yield copy


@contextmanager
def sent(path: RemotePath, *, clobber: bool = True) -> Iterator[Path]:
    """A place on this machine's disk for a file that is put at `path` when the block ends well.

    It is there whole or not at all, as far as the store's transactions go: an upload to an object
    store that is broken off leaves what stood there. clobber: False refuses a file that exists
    before the block begins and when it ends. Raises WriteError, which names the URL.
    """

    def check() -> None:
        if not clobber and store.exists(name):
            raise WriteError(f"{display_path(path)}: exists already")

    with temporary_folder(path) as folder:
        with store_refusals(path, WriteError):
            store, name = opened_store(path)
            check()
        made = folder / path.name
        yield made
        with store_refusals(path, WriteError):
            check()
            make_parent(store, name)
            with made.open("rb") as file, store.transaction, store.open(name, "wb") as target:
                while data := file.read(_CHUNK):
                    target.write(data)


def make_parent(store: Any, name: str) -> None:
    """Make the folder that a file goes into, where the store has folders and it is not there."""
    parent = store._parent(name)
    if "/" in parent.strip("/") and not store.exists(parent):
        store.mkdir(parent, create_parents=False)


def is_array(path: AnyPath) -> bool:
    """Whether a name in a store is that of a Zarr array: a folder of many files, never one.

    >>> is_array(RemotePath("s3://bucket/slide.zarr")), is_array(Path("slide.zarr"))
    (True, False)
    """
    return isinstance(path, RemotePath) and path.suffix.lower() == ZARR


def _store_class(url: str) -> Any:
    """What fsspec has for a URL's protocol."""
    try:
        from fsspec.registry import get_filesystem_class
    except ImportError:
        raise FiltError(f"{display_path(url)}: {INSTALL}") from None
    protocol = url.partition("://")[0]
    try:
        return get_filesystem_class(protocol)
    except ImportError as error:
        raise FiltError(f"{display_path(url)}: {_said(error)}") from None
    except ValueError:
        raise InputError(
            f"{display_path(url)}: fsspec knows no protocol {display_path(protocol)!r}"
        ) from None


def opened_store(path: RemotePath) -> tuple[Any, str]:
    """The store and the file's name there; nothing is asked of it yet.

    >>> opened_store(RemotePath("memory://in/photo.png"))[1]
    '/in/photo.png'
    """
    from fsspec.core import url_to_fs

    store, name = url_to_fs(path.url)
    return store, name


@contextmanager
def temporary_folder(path: RemotePath) -> Iterator[Path]:
    """A folder here for the copy of a file. Raises ReadError for a URL without a name."""
    if not path.name:
        raise ReadError(f"{display_path(path)}: is a directory")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="filt-") as folder:
        yield Path(folder)


@contextmanager
def store_refusals(path: RemotePath, kind: type[ReadError] | type[WriteError]) -> Iterator[None]:
    """What a store refuses, as an error that names the URL; drivers raise all kinds of things."""
    try:
        yield
    except FiltError:
        raise
    except FileNotFoundError:
        raise kind(f"{display_path(path)}: no such file or directory") from None
    except Exception as error:
        raise kind(f"{display_path(path)}: {_said(error)}") from error


def _said(error: Exception) -> str:
    text = reason(error) if isinstance(error, OSError) else str(error)
    text = text.strip().partition("\n")[0] or type(error).__name__
    return text[:1].lower() + text[1:]


def _check_bytes(path: RemotePath, size: int, largest: int, pixels: int) -> None:
    if size > largest:
        raise ReadError(
            f"{display_path(path)}: {size} bytes: the limit for {pixels} pixels is {largest}"
        )
