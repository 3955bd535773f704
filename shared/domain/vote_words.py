"""Which option an answer names: by Outlook's button, by the subject that a button leaves, or by words on the first lines.

Careful rather than clever: what could mean two things means nothing, and its sender is asked again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.mail import ReceivedMail
from shared.domain.reply_text import written_lines
from shared.domain.survey import LONGEST_COMMENT, Via
from shared.domain.voting import ansi_labels

_FIRST_LINES = 5
_AROUND = " \t\"'`´‘’‚“”„«»‹›*_.,!:()[]<>-–—"  # noqa: RUF001  (the quotes that people use)
_AFTER = re.compile(r"[,.!:–—-]")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Answer:
    """``option`` is an index; ``comment`` what was written beside it."""

    option: int
    via: Via
    comment: str | None = None


def read_answer(options: Sequence[str], subject: str, mail: ReceivedMail) -> Answer | None:
    """None where the answer is not clear. ``subject`` is the survey's."""
    lines = written_lines(mail.body)
    pressed = mail.head.verb_response
    if pressed is not None:
        chosen = _button(options, pressed)
        return None if chosen is None else Answer(chosen, Via.BUTTON, _comment(lines))
    prefixed = _prefix(options, subject, mail.head.subject)
    named = {found for line in lines[:_FIRST_LINES] if (found := _named(options, line)) is not None}
    if _is_doubtful(options, lines):
        return None
    chosen_ones = named | ({prefixed} if prefixed is not None else set())
    if len(chosen_ones) != 1:
        return None
    option = chosen_ones.pop()
    rest = [line for line in lines if _named(options, line) != option or _plain(line) != _plain(options[option])]
    return Answer(option, Via.REPLY if named else Via.BUTTON, _comment(rest))


def _button(options: Sequence[str], pressed: str) -> int | None:
    """The label as we wrote it, or as clients without Unicode saw it."""
    wanted = pressed.strip().casefold()
    labels = [label.casefold() for label in options]
    folded = [label.decode("cp1252").casefold() for label in ansi_labels(options)]
    for known in (labels, folded):
        if wanted in known:
            return known.index(wanted)
    return None


def _prefix(options: Sequence[str], subject: str, answered: str) -> int | None:
    """``Yes: Lunch?`` answers ``Lunch?``: all that is left of a button where the mail crossed the internet."""
    head, colon, rest = answered.rpartition(": " + subject) if subject else ("", "", "")
    if not colon or rest:
        return None
    return next((n for n, label in enumerate(options) if label.casefold() == head.strip().casefold()), None)


def _named(options: Sequence[str], line: str) -> int | None:
    """The line is the option, or begins with it and goes on after a mark: ``Yes, gladly``. The longest label wins."""
    exact = [number for number, label in enumerate(options) if _folded(label) == _folded(line)]
    plain = _plain(line)
    alike = exact or [number for number, label in enumerate(options) if _plain(label) == plain]
    if alike:
        return alike[0] if len(alike) == 1 else None
    begun = [number for number, label in enumerate(options) if _begins(plain, _plain(label))]
    return max(begun, key=lambda number: len(_plain(options[number])), default=None)


def _begins(plain: str, word: str) -> bool:
    return bool(word) and plain.startswith(word) and bool(_AFTER.match(plain[len(word) :].lstrip()[:1]))


def _is_doubtful(options: Sequence[str], lines: Sequence[str]) -> bool:
    """A line that begins with one option and holds the words of another: ``No, I mean yes``."""
    for line in lines[:_FIRST_LINES]:
        number = _named(options, line)
        if number is None or _plain(line) == _plain(options[number]):
            continue
        rest = _plain(line)[len(_plain(options[number])) :]
        others = (_plain(label) for at, label in enumerate(options) if at != number)
        if any(re.search(rf"(?<!\w){re.escape(other)}(?!\w)", rest) for other in others if other):
            return True
    return False


def _plain(text: str) -> str:
    """Case, surrounding marks and wide spaces forgiven; a label that is all marks stays as it is."""
    return _folded(text).strip(_AROUND) or _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _comment(lines: Sequence[str]) -> str | None:
    return "\n".join(lines)[:LONGEST_COMMENT].strip() or None
