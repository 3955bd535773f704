"""The words of a survey's mails: the question with its links, the reminder, and what an unclear answer is told.

Nobody knows the recipients' languages, so these few sentences stand there in both.
"""

from collections.abc import Sequence
from html import escape

from shared.domain.mail import Body

LONGEST_SUBJECT = 255
_INVITATION = (
    "To answer, press a voting button, reply with one of the options, or follow one of these links:",
    "Zum Antworten eine Abstimmungsschaltfläche drücken, mit einer der Optionen antworten oder einem Link folgen:",
)
_REMINDER = "Reminder / Erinnerung: "
_NOT_CLEAR = """\
Your answer could not be counted, because it names none of the options, or more than one.
Please reply with one of them, alone on the first line:

Ihre Antwort konnte nicht gezählt werden, weil sie keine oder mehr als eine der Optionen nennt.
Bitte antworten Sie mit einer davon, allein in der ersten Zeile:
"""


def question(body: Body, options: Sequence[str], page: str | None) -> Body:
    """``page`` is the recipient's own address of the voting page; None: no links are wanted."""
    if page is None:
        return body
    links = [(label, f"{page}?choice={number}") for number, label in enumerate(options, start=1)]
    if body.content_type == "text":
        lines = "\n".join(f"- {label}: {link}" for label, link in links)
        words = "\n".join(_INVITATION)
        return Body(content_type="text", content=f"{body.content}\n\n{words}\n\n{lines}\n")
    items = "".join(f'<li><a href="{escape(link)}">{escape(label)}</a></li>' for label, link in links)
    words = "<br>".join(map(escape, _INVITATION))
    return Body(content_type="html", content=_before_the_end(body.content, f"<hr><p>{words}</p><ul>{items}</ul>"))


def reminder_subject(subject: str) -> str:
    return f"{_REMINDER}{subject}"[:LONGEST_SUBJECT]


def explanation(options: Sequence[str]) -> Body:
    lines = "\n".join(f"- {label}" for label in options)
    return Body(content_type="text", content=f"{_NOT_CLEAR}\n{lines}\n")


def explanation_subject(subject: str) -> str:
    return f"Re: {subject}"[:LONGEST_SUBJECT]


def _before_the_end(html: str, addition: str) -> str:
    end = html.lower().rfind("</body")
    return html[:end] + addition + html[end:] if end >= 0 else html + addition
