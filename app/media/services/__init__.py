"""Every write to uploads, and to what they are shown as."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.media.services.making import make_pictures
    from app.media.services.orphans import remove_orphans, remove_upload
    from app.media.services.places import remove_avatar, set_avatar, with_picture
    from app.media.services.uploads import begin_upload, complete_upload

__all__ = [
    "begin_upload",
    "complete_upload",
    "make_pictures",
    "remove_avatar",
    "remove_orphans",
    "remove_upload",
    "set_avatar",
    "with_picture",
]

_MODULES = ["making", "orphans", "places", "uploads"]


def __getattr__(name: str) -> Any:
    # https://peps.python.org/pep-0562/: a read has no use for these.
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f"{__name__}.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(name)
