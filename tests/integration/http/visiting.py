"""Visits pages as a browser without scripts does: follows nothing by itself, reads forms, and sends them back."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from tests.integration.http.calling import ANNA, Answer, Api, Person

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PAGES = "manage/organizations/contoso"


@dataclass
class PageForm:
    """A form of a page: where it goes, and what it would send as it stands. ``buttons``: (name, value)."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._area: str | None = None
        self._select: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(PageForm(got.get("method", "get"), got.get("action", "")))
            self._inside = True
        if not self._inside:
            return
        form, name = self.forms[-1], got.get("name", "")
        if tag == "button":
            form.buttons.append((name, got.get("value", "")))
        elif tag == "input" and name and (got.get("type") not in {"checkbox", "radio"} or "checked" in got):
            form.fields[name] = got.get("value", "")
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in got or self._select not in form.fields):
            form.fields[self._select] = got.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area and self._inside:
            self.forms[-1].fields[self._area] += data


def forms(answer: Answer) -> list[PageForm]:
    """Those that change something; the language's button on every page is left out."""
    parser = _Forms()
    parser.feed(answer.text)
    return [form for form in parser.forms if form.method == "post" and form.action != "/api/manage/preferences"]


class Reader:
    """A person at a browser."""

    def __init__(self, api: Api, who: Person = ANNA, language: str = "en") -> None:
        self.api = api
        self.who = who
        self.language = language

    def get(self, path: str) -> Answer:
        return self.api.get(path, who=self.who, headers={"Accept-Language": self.language})

    def form(self, path: str, number: int = 0) -> PageForm:
        answer = self.get(path)
        assert answer.status == 200, answer.text
        return forms(answer)[number]

    def token(self, path: str = "manage/preferences") -> str:
        answer = self.get(path)
        parser = _Forms()
        parser.feed(answer.text)
        return parser.forms[0].fields["token"]

    def send(self, path: str, fields: dict[str, Any]) -> Answer:
        headers = {**FORM, "Accept-Language": self.language}
        return self.api.post(path, urlencode(fields, doseq=True).encode(), who=self.who, headers=headers)

    def fill(self, path: str, *, number: int = 0, **fields: Any) -> Answer:
        """The form as it stands with these fields changed, sent back."""
        return self.send(path, {**self.form(path, number).fields, **fields})
