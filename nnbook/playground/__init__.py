"""The playground: a network that learns while a reader looks, and changes what it is made of.

The functions here are what the page asks for (``_ext/bookbuild/static/live/playground.js``). They
take and return what JSON can hold. A page has one session.
"""

from . import setting as settings
from .session import ON_THE_WAY, Session

_session: Session | None = None


def start(query: str = "") -> dict:
    """Make a session from what a link names; all that the page needs to show it."""
    return _new(settings.from_query(query))


def change(name: str, value: str) -> dict:
    """Set one thing: on the way if that can be, else from the start again."""
    if name in ON_THE_WAY and _session.history is not None:
        _session.move(name, value)
        return _all(_session)
    return _new(settings.with_changes(_session.setting, {name: value}))


def reset() -> dict:
    """The same setting from its start."""
    return _new(_session.setting)


def step(epochs: int) -> dict:
    """Some epochs more, and what there is to see then."""
    _session.step(epochs)
    return _session.view()


def code() -> str:
    """The run so far as a program."""
    return _session.code()


def controls() -> list[dict]:
    """What can be set: name, label, and values, as links write them and in words."""
    return [
        {
            "name": name,
            "label": choice.label,
            "values": [*map(settings.text, choice.values)],
            "words": [*map(_words, choice.values)],
        }
        for name, choice in settings.CHOICES.items()
    ]


def _words(value):
    return "your own" if value == "own" else settings.text(value).replace("_", " ")


def _new(setting: dict) -> dict:
    global _session
    _session = Session(setting)
    return _all(_session)


def _all(session: Session) -> dict:
    setting = session.setting
    return {
        "setting": {name: settings.text(setting[name]) for name in settings.CHOICES},
        "query": settings.to_query(setting),
        "idle": settings.idle(setting),
        "data": session.data(),
        "view": session.view(),
    }
