"""The pages behind the sign-in: who sees what, whose forms are taken, what is kept of a refused one, what it costs."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import shared.web
from shared.triggers.pages import PAGES, TO_LOOK_AT
from shared.use_cases.examine_connection import MOST_IN_A_MINUTE
from tests.browser.inhabited import inhabit
from tests.integration.http.calling import ADMIN, ANNA, BOB, ENGINE, EVE, Person
from tests.integration.http.conftest import CLASSIC, World
from tests.integration.http.visiting import PAGES as ROOT
from tests.integration.http.visiting import Reader, forms

WEB = Path(shared.web.__file__).parent
NEW = f"{ROOT}/connections/new"
NOT_LIKE_OTHERS = {"manage", "manage/preferences"}
EVERYBODY = (ADMIN, ENGINE, ANNA, BOB)
ADMINISTRATORS = (ADMIN, ANNA)
PROCESSES = (ADMIN, ENGINE, ANNA)
# page -> who sees it; those inside who do not get 403, strangers 404
SEEN_BY: dict[str, tuple[Person, ...]] = {
    "overview": EVERYBODY,
    "settings": ADMINISTRATORS,
    "connections": EVERYBODY,
    "connection_new": ADMINISTRATORS,
    "connection": EVERYBODY,
    "connection_delete": ADMINISTRATORS,
    "examination": ADMINISTRATORS,
    "watches": PROCESSES,
    "watch_new": PROCESSES,
    "watch": PROCESSES,
    "watch_delete": PROCESSES,
    "journal": PROCESSES,
    "actions": EVERYBODY,
    "action": PROCESSES,  # members: their own
    "surveys": PROCESSES,
    "survey": PROCESSES,
    "appointments": PROCESSES,
    "appointment": PROCESSES,
}


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    made = inhabit(world)
    return {
        "organization": "contoso",
        "connection": made["orders"],
        "watch": made["watch"],
        "action": "order-4713-from-elsewhere",
        "survey": "lunch",
        "run": "0" * 12,
        "appointment": "review",
    }


def _path(route: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], route)


# --- who sees what


def test_every_page_is_in_the_table() -> None:
    assert {module for route, module in PAGES.items() if route not in NOT_LIKE_OTHERS} <= set(SEEN_BY)


def test_nobody_is_sent_to_sign_in_and_comes_back(world: World, ids: dict[str, str]) -> None:
    for route, module in PAGES.items():
        path = _path(route, ids)
        for method in ["GET", *(["POST"] if module not in TO_LOOK_AT else [])]:
            answer = world.api.call(method, f"{path}?limit=5", who=None, body=b"" if method == "POST" else None)
            assert answer.status == 302
            back = quote(f"/api/{path}?limit=5", safe="")
            assert answer.headers["location"] == f"/.auth/login/aad?post_login_redirect_uri={back}"


def test_the_walk(world: World, ids: dict[str, str]) -> None:
    for route, module in PAGES.items():
        if route in NOT_LIKE_OTHERS:
            continue
        path = _path(route, ids)
        assert Reader(world.api, EVE).get(path).status == 404, path
        for who in EVERYBODY:
            answer = Reader(world.api, who).get(path)
            own = (module, who) == ("action", BOB)
            assert answer.status == (200 if who in SEEN_BY[module] else 404 if own else 403), (module, who.name)
            assert answer.headers["content-type"].startswith("text/html")


def test_what_one_may_not_do_is_not_shown_and_refused_when_it_is_sent(world: World, ids: dict[str, str]) -> None:
    """Every form of every page that an administrator sees, sent by everybody with a token of their own."""
    sent = 0
    for route, module in PAGES.items():
        path = _path(route, ids)
        offered = forms(Reader(world.api, ANNA).get(path)) if route not in NOT_LIKE_OTHERS else []
        if not offered or module in {"connection_delete", "watch_delete"}:
            continue
        for who in (BOB, ENGINE, EVE):
            reader = Reader(world.api, who)
            theirs = reader.get(path)
            shown = forms(theirs) if theirs.status == 200 else []
            if shown:
                continue
            for form in offered:
                for name, value in form.buttons or [("", "")]:
                    fields = {**form.fields, name: value, "token": reader.token(), "action": "order-4714-by-bob"}
                    answer = reader.send(path, fields)
                    assert answer.status in {403, 404}, (module, who.name, value, answer.text)
                    sent += 1
    assert sent > 20


@pytest.mark.usefixtures("ids")
def test_a_member_sees_what_is_his_and_no_buttons(world: World) -> None:
    bob = Reader(world.api, BOB)
    overview = bob.get(ROOT).text
    assert [name for name in ("/watches", "/surveys", "/settings") if f"contoso{name}" in overview] == []
    connections = bob.get(f"{ROOT}/connections").text
    assert "Orders" in connections
    assert "orders@contoso.example" not in connections
    assert "connections/new" not in connections
    actions = bob.get(f"{ROOT}/actions").text
    assert "order-4714-by-bob" in actions
    assert "order-4711" not in actions
    assert forms(bob.get(f"{ROOT}/actions")) == []


# --- forms


def test_a_change_without_the_persons_own_token_is_refused(world: World, ids: dict[str, str]) -> None:
    anna = Reader(world.api)
    fields = anna.form(f"{ROOT}/settings").fields
    tokens = ["", "nonsense", "é", Reader(world.api, ADMIN).token(), Reader(world.api, BOB).token()]
    for route, module in PAGES.items():
        if module in TO_LOOK_AT:
            continue
        for token in tokens:
            answer = anna.send(_path(route, ids), {**fields, "token": token})
            assert answer.status == 403, (module, token)
    assert world.api.get("organizations/contoso").json["displayName"] == "Contoso"


def test_a_token_holds_for_this_day_and_the_next(world: World) -> None:
    anna = Reader(world.api)
    fields = anna.form(f"{ROOT}/settings").fields
    world.clock.advance(timedelta(hours=36))
    assert anna.send(f"{ROOT}/settings", {**fields, "displayName": "Contoso Ltd"}).status == 303
    world.clock.advance(timedelta(hours=36))
    assert anna.send(f"{ROOT}/settings", fields).status == 403


@pytest.mark.usefixtures("ids")
def test_without_the_vault_pages_can_be_read_and_nothing_is_changed(world: World) -> None:
    from shared.errors import NotNow

    world.connector.form_tokens._known = None
    away = NotNow("vault_unavailable", "Key Vault does not answer at the moment.")
    for method in ("get", "put"):
        world.vault.fail_on(method, away, times=9)
    anna = Reader(world.api)
    assert anna.get(f"{ROOT}/connections").status == 200
    assert anna.send(f"{ROOT}/settings", {"token": "x", "displayName": "Other"}).status == 503


def test_what_was_typed_is_kept_and_errors_stand_beside_their_fields(world: World) -> None:
    anna = Reader(world.api, language="de")
    answer = anna.fill(
        NEW, displayName="Bestellungen", url="http://mail.contoso.example", username="", password="Blue-42"
    )
    assert answer.status == 400
    (form,) = forms(answer)
    assert (form.fields["displayName"], form.fields["url"]) == ("Bestellungen", "http://mail.contoso.example")
    assert form.fields["password"] == ""
    assert "Blue-42" not in answer.text
    assert re.search(r'id="url-wrong">Muss mit https:// beginnen', answer.text)
    assert re.search(r'id="username-wrong">Ist erforderlich', answer.text)
    assert 'aria-describedby="url-wrong" aria-invalid="true"' in answer.text


def test_somebody_elses_change_is_shown_not_overwritten(world: World) -> None:
    connection = world.connect()["id"]
    path = f"{ROOT}/connections/{connection}"
    anna = Reader(world.api)
    typed = {**anna.form(path).fields, "displayName": "Mine", "do": "save"}
    theirs = {"displayName": "Theirs"}
    assert world.api.patch(f"organizations/contoso/connections/{connection}", theirs, who=ADMIN).status == 200
    refused = anna.send(path, typed)
    assert refused.status == 412
    assert "<strong>Theirs</strong>" in refused.text
    (form,) = forms(refused)
    assert form.fields["displayName"] == "Mine"
    assert anna.send(path, {**form.fields, "do": "save"}).status == 303
    assert world.api.get(f"organizations/contoso/connections/{connection}").json["displayName"] == "Mine"


def test_the_same_holds_for_settings_and_watches(world: World, ids: dict[str, str]) -> None:
    anna = Reader(world.api)
    for path, api, name in [
        (f"{ROOT}/settings", "organizations/contoso", "Contoso AG"),
        (f"{ROOT}/watches/{ids['watch']}", f"organizations/contoso/watches/{ids['watch']}", "Bills"),
    ]:
        typed = {**anna.form(path).fields, "displayName": "Mine", "do": "save"}
        assert world.api.patch(api, {"displayName": name}).status == 200
        refused = anna.send(path, typed)
        assert refused.status == 412
        assert f"<strong>{name}</strong>" in refused.text
        assert world.api.get(api).json["displayName"] == name


def test_an_unchanged_form_changes_nothing(world: World, ids: dict[str, str]) -> None:
    """Every field comes back as it went out: what a form does not show it does not lose."""
    everything = {
        "connectionId": ids["connection"],
        "displayName": "All of it",
        "processId": "p",
        "folder": "Inbox/Invoices",
        "filter": {
            "from": ["*@fabrikam.example", "kim@contoso.example"],
            "to": ["orders@contoso.example"],
            "toOrCc": ["all@contoso.example"],
            "subjectContains": ["Invoice", "Bill"],
            "bodyContains": ["EUR"],
            "attachmentNames": ["*.pdf"],
            "importance": ["high", "low"],
            "categories": ["red"],
            "hasAttachments": False,
            "unreadOnly": True,
        },
        "attachments": "all",
        "perAttachment": True,
        "original": True,
        "afterwards": {"markAsRead": True, "addCategory": "done", "moveTo": "Inbox/Invoices"},
        "onFailure": {"moveTo": "Inbox"},
        "ignoreAutomatic": False,
        "enabled": False,
        "startFrom": "2026-11-01T10:11:12Z",
        "every": "PT5M",
        "deliver": {"type": "webhook", "url": "https://engine.contoso.example/starts", "secret": f"whsec_{'A' * 32}"},
    }
    made = world.api.post("organizations/contoso/watches", everything)
    assert made.status == 201, made.text
    anna = Reader(world.api)
    path = f"{ROOT}/watches/{made.json['id']}"
    fields: dict[str, Any] = {**anna.form(path).fields, "filter.importance": ["high", "low"], "do": "save"}
    saved = anna.send(path, fields)
    assert saved.status == 303, saved.text
    again = world.api.get(f"organizations/contoso/watches/{made.json['id']}")
    assert {**again.json, "updatedAt": ""} == {**made.json, "updatedAt": ""}
    assert again.headers["etag"] == made.headers["etag"]
    for connection in ("connection", "online"):
        one = ids.get(connection) or world.connector.connections.list("contoso").items[-1].key
        before = world.api.get(f"organizations/contoso/connections/{one}")
        assert anna.fill(f"{ROOT}/connections/{one}", do="save").status == 303
        assert world.api.get(f"organizations/contoso/connections/{one}").headers["etag"] == before.headers["etag"]


def test_an_online_connection_by_client_secret_has_no_user_name(world: World) -> None:
    fields = {
        "displayName": "Cloud",
        "type": "exchangeOnline",
        "authentication": "clientSecret",
        "username": "left over from before",
        "password": "left over too",
        "clientSecret": "s3cret",
        "clientId": "7f3c9a52-0d1e-4b6f-8a77-2c5d9e01b3f4",
        "tenantId": "contoso.onmicrosoft.com",
        "mailbox": "orders@contoso.example",
        "impersonate": "true",
        "do": "save",
    }
    answer = Reader(world.api).fill(NEW, **fields)
    assert answer.status == 303, answer.text
    made = world.api.get(f"organizations/contoso/connections/{answer.headers['location'].split('/')[-1].split('?')[0]}")
    assert (made.json["authentication"], made.json.get("username"), made.json["hasClientSecret"]) == (
        "clientSecret",
        None,
        True,
    )


# --- the doctor


def test_the_doctor_looks_before_anything_is_saved_and_locks_nobody_out(world: World) -> None:
    anna = Reader(world.api)
    wrong = anna.fill(NEW, **{**CLASSIC, "password": "wrong", "do": "test"})
    assert wrong.status == 200
    assert "Something does not work yet." in wrong.text
    world.clock.advance(1)
    right = anna.fill(NEW, **{**CLASSIC, "do": "test"})
    assert "Everything that can be tested works." in right.text
    assert world.exchange.refused["orders@contoso.example"] == 1
    assert world.api.get("organizations/contoso/connections").json["items"] == []
    assert list(world.vault.secrets()) == [one for one in world.vault.secrets() if one.tags.get("holds") == "form key"]


def test_who_tests_too_often_keeps_what_he_typed(world: World) -> None:
    anna, connection = Reader(world.api), world.connect()["id"]
    for path in (NEW, f"{ROOT}/connections/{connection}"):
        typed = {**CLASSIC, "displayName": "Typed with care", "do": "test"}
        for _ in range(MOST_IN_A_MINUTE + 1):
            answer = anna.fill(path, **typed)
        assert answer.status == 429
        assert "Too many requests: try again in a minute." in answer.text
        assert 'value="Typed with care"' in answer.text


def test_a_test_with_another_password_leaves_the_stored_connection_alone(world: World) -> None:
    connection = world.connect()["id"]
    path = f"{ROOT}/connections/{connection}"
    assert "Everything that can be tested works." in Reader(world.api).fill(path, do="test").text
    answer = Reader(world.api).fill(path, password="wrong", do="test")
    assert "Something does not work yet." in answer.text
    assert world.api.get(f"organizations/contoso/connections/{connection}").json["status"]["state"] == "ok"
    assert "Everything that can be tested works." in Reader(world.api).fill(path, do="test").text


def test_steps_can_be_followed_while_the_test_goes_on_by_who_began_it(world: World) -> None:
    run = "1b2c3d4e-0000-4000-8000-123456789abc"
    anna = Reader(world.api)
    seen: list[str] = []
    notes = world.connector.doctor_notes

    class Following(type(notes)):  # type: ignore[misc]
        def write(self, *args: Any) -> None:
            super().write(*args)
            seen.append(anna.get(f"{ROOT}/examinations/{run}").text)

    world.connector.__dict__["doctor_notes"] = Following(enter=world.connector.enter, blobs=world.connector.blobs)
    anna.fill(NEW, **{**CLASSIC, "do": "test", "run": run})
    assert [text.count('class="step ') for text in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert Reader(world.api, ADMIN).get(f"{ROOT}/examinations/{run}").text.count("step ") == 0
    assert list(world.connector.blobs.under("state/contoso/examinations/")) == []


# --- safety


def test_pages_are_for_nobody_else(world: World, ids: dict[str, str]) -> None:
    for route, module in PAGES.items():
        answer = Reader(world.api).get(_path(route, ids))
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not re.search(r"<style|<script(?! src=)| style=| on[a-z]+=", answer.text), module


def test_no_secret_is_in_any_page(world: World, ids: dict[str, str]) -> None:
    for route in PAGES:
        for form in [None, *forms(Reader(world.api).get(_path(route, ids)))]:
            answer = (
                Reader(world.api).get(_path(route, ids))
                if form is None
                else Reader(world.api).send(_path(route, ids), {**form.fields, "password": "Blue-42", "do": "test"})
            )
            assert "Blue-42" not in answer.text


def test_what_people_write_is_text(world: World) -> None:
    wild = '<script>alert("x")</script>'
    connection = world.connect(displayName=wild)["id"]
    for path in (f"{ROOT}/connections", f"{ROOT}/connections/{connection}", ROOT):
        assert wild not in Reader(world.api).get(path).text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/api/managed", "/api/manage\\..", ""])
def test_the_language_leads_back_to_our_own_pages_only(world: World, back: str) -> None:
    anna = Reader(world.api)
    answer = anna.send("manage/preferences", {"token": anna.token(), "language": "de", "back": back})
    assert (answer.status, answer.headers["location"]) == (303, "/api/manage")
    assert answer.headers["set-cookie"].startswith("language=de;")


@pytest.mark.usefixtures("ids")
def test_chosen_language_and_zone_win(world: World) -> None:
    cookies = {"Cookie": "language=de; zone=America/New_York", "Accept-Language": "en"}
    text = world.api.get(f"{ROOT}/actions", headers=cookies).text
    assert '<html lang="de">' in text
    assert re.search(r'<time datetime="2026-11-30T08:\d\d:00Z"[^>]*>30\. Nov\. 2026, 03:', text)
    broken = {"Cookie": 'language=xx; zone=../../etc/passwd; a="', "Accept-Language": "en"}
    assert "UTC" in world.api.get(f"{ROOT}/actions", headers=broken).text


# --- words and weight


def test_both_languages_have_every_word_and_every_word_is_used() -> None:
    english, german = (json.loads((WEB / f"catalogue/manage.{one}.json").read_text("utf-8")) for one in ("en", "de"))
    assert list(english) == list(german)
    places = [path.read_text("utf-8") for path in WEB.rglob("*.html")]
    places += [(WEB / "reader.py").read_text("utf-8"), (WEB / "language.py").read_text("utf-8")]
    text = "\n".join(places)
    families = {found[1] for found in re.finditer(r'words(?:\.has)?\("([a-zA-Z_.]+\.)" ~', text)} | {
        "manage.error.",
        "span.",
    }
    unused = [name for name in english if f'"{name}"' not in text and not name.startswith(tuple(families))]
    assert unused == []


def test_what_the_form_says_no_with_has_a_german_sentence() -> None:
    import ast

    known = json.loads((WEB / "catalogue/said.de.json").read_text("utf-8"))
    domain = WEB.parent / "domain"
    said = {
        argument.value
        for name in ("connection_form", "server_address", "watch", "person")
        for node in ast.walk(ast.parse((domain / f"{name}.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"FieldError", "ValueError"}
        for argument in node.args[-1:]
        if isinstance(argument, ast.Constant)
    }
    assert sorted(said - set(known) - {"has no host", "has a zone", "is not a host name"}) == []


def test_stylesheet_and_script_weigh_less_than_forty_kilobytes() -> None:
    assert sum((WEB / "assets" / name).stat().st_size for name in ("page.css", "page.js")) < 40_000
