"""A new administrator does everything in a browser, against the whole stack: with scripts and without them."""

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.e2e.stack import ANNA, Stack, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

KIM = "kim@fabrikam.example"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("pages")) as running:
        yield running


class Administrator:
    """Anna at her browser; whatever it complains about fails the test."""

    def __init__(self, browser: "Browser", stack: Stack, *, scripts: bool) -> None:
        self.stack = stack
        self.base = stack.endpoints["functions"]
        self.context = browser.new_context(
            base_url=self.base,
            locale="en-US",
            java_script_enabled=scripts,
            http_credentials={"username": ANNA, "password": "local"},
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._complain(message.text))
        self.page.on("pageerror", lambda error: self._complain(str(error)))

    def _complain(self, text: str) -> None:
        # a refused form is answered by 400, and signing in begins with 401
        if "status of 40" not in text:
            self.complaints.append(text)

    def follow(self, link: "Locator") -> None:
        """To the page behind it: one that is still on its way cannot be reloaded."""
        with self.page.expect_navigation():
            link.click()

    def go(self, section: str) -> None:
        self.follow(self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=section))

    def fill(self, **fields: str) -> None:
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()

    def comes_back_until(self, text: str) -> None:
        """Reloads, as a person does who waits for something."""

        def look() -> bool | None:
            self.page.reload()
            return True if self.page.get_by_text(text).count() else None

        eventually(look, seconds=30, what=f"{text!r} on {self.page.url}")


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def anna(browser: "Browser", stack: Stack, request: pytest.FixtureRequest) -> Iterator[Administrator]:
    administrator = Administrator(browser, stack, scripts=request.param)
    yield administrator
    administrator.context.close()
    assert administrator.complaints == []


def test_an_administrators_first_hour(anna: Administrator, stack: Stack) -> None:
    number = uuid4().hex[:6]
    anna.page.goto("/api/manage")
    assert anna.page.get_by_role("heading", level=1).inner_text() == "Contoso"
    connection = _connects_a_server(anna, stack, f"Orders {number}")
    _connects_microsoft_365(anna, stack, f"Cloud {number}")
    stack.smtp(KIM, "orders@contoso.example", f"Invoice {number}-before")
    _makes_a_watch(anna, f"Invoices {number}", f"Orders {number}", number)
    stack.smtp(KIM, "orders@contoso.example", f"Invoice {number}-after")
    _finds_the_mail(anna, f"Invoices {number}", f"Invoice {number}-after")
    _reads_a_story(anna, stack, connection)
    _closes_a_survey(anna, stack, connection, number)


def _connects_a_server(anna: Administrator, stack: Stack, name: str) -> str:
    """With a wrong password first: the doctor says so before anything is saved."""
    anna.go("Connections")
    anna.page.get_by_role("link", name="New connection").first.click()
    anna.press("Save")
    anna.sees("This was not accepted.")
    assert anna.page.get_by_text("Is required", exact=True).count() == 4
    anna.fill(Display_name=name, URL=stack.endpoints["ews"], User_name="orders@contoso.example", Password="wrong")
    anna.press("Test before saving")
    anna.sees("Something does not work yet.")
    assert anna.page.locator(".step.failed").get_by_text("Sign-in", exact=True).count() == 1
    anna.fill(Password=stack.endpoints["mailboxes"]["orders@contoso.example"])
    anna.press("Test before saving")
    anna.sees("Everything that can be tested works.")
    # without scripts a page never hands a password back
    anna.fill(Password=stack.endpoints["mailboxes"]["orders@contoso.example"])
    anna.press("Save")
    anna.sees("Created.")
    connection = anna.page.url.partition("?")[0].rpartition("/")[2]
    anna.press("Test")
    anna.sees("Everything that can be tested works.")
    assert anna.page.get_by_label("Password", exact=True).input_value() == ""
    return connection


def _connects_microsoft_365(anna: Administrator, stack: Stack, name: str) -> None:
    anna.go("Connections")
    anna.page.get_by_role("link", name="New connection").first.click()
    anna.page.get_by_role("radio", name="Exchange Online").check()
    anna.fill(
        Display_name=name,
        User_name=ANNA,
        Password=stack.endpoints["mailboxes"][ANNA],
        Client_ID=stack.endpoints["entraClientId"],
        Tenant_ID=stack.endpoints["entraTenantId"],
    )
    anna.page.locator("#client-help summary").click()
    if anna.page.get_by_role("button", name="Show the link for what is typed").is_visible():
        anna.press("Show the link for what is typed")
        anna.page.locator("#consent a").wait_for()
        anna.fill(Password=stack.endpoints["mailboxes"][ANNA])
    link = anna.page.locator("#consent a").get_attribute("href") or ""
    assert link.endswith(
        f"/{stack.endpoints['entraTenantId']}/adminconsent?client_id={stack.endpoints['entraClientId']}"
    )
    anna.press("Save")
    anna.sees("Created.")
    anna.press("Test")
    anna.sees("Everything that can be tested works.")


def _makes_a_watch(anna: Administrator, name: str, connection: str, number: str) -> None:
    anna.go("Watches")
    anna.page.get_by_role("link", name="New watch").first.click()
    anna.page.get_by_label("Connection", exact=True).select_option(label=connection)
    anna.press("Read folders from the mailbox")
    anna.sees("Sent Items")
    anna.fill(Name=name, Process="invoice-approval", Subject_contains=f"Invoice {number}")
    anna.press("Try it")
    row = anna.page.get_by_role("row").filter(has_text=f"Invoice {number}-before")
    assert "would start" in row.inner_text()
    # A watch begins with the second in which it is made: the mail before it must not be of the same one.
    time.sleep(1 - time.time() % 1)
    anna.press("Save")
    anna.sees("Created.")


def _finds_the_mail(anna: Administrator, watch: str, subject: str) -> None:
    anna.page.get_by_role("link", name="Journal").click()
    anna.page.get_by_label("Subject, sender or Message-ID").fill("-after")
    anna.follow(anna.page.get_by_role("button", name="Search", exact=True))
    anna.comes_back_until(subject)

    def started() -> bool | None:
        anna.page.reload()
        return True if anna.page.locator(".badge.good", has_text="started").count() else None

    eventually(started, seconds=30, what=f"{subject} to start its process")
    anna.go("Watches")
    anna.comes_back_until("1 seen, 1 started")
    assert "active" in anna.page.get_by_role("row").filter(has_text=watch).inner_text()


def _reads_a_story(anna: Administrator, stack: Stack, connection: str) -> None:
    order = stack.order(connection, KIM, correlation={"processInstanceId": f"case-{uuid4().hex}"})
    stack.put(order)
    anna.go("Actions")
    anna.page.get_by_label("Id or correlation").fill(order["correlation"]["processInstanceId"])
    anna.follow(anna.page.get_by_role("button", name="Search", exact=True))
    anna.comes_back_until(order["id"])
    anna.follow(anna.page.get_by_role("link", name=order["id"]))
    anna.comes_back_until("Succeeded")
    told = anna.page.locator(".story strong").all_inner_texts()
    assert (told[0], told[1], told[-1]) == ("Accepted", "Tried", "Succeeded")


def _closes_a_survey(anna: Administrator, stack: Stack, connection: str, number: str) -> None:
    question = f"Lunch {number}?"
    parameters = {"to": [KIM, ANNA], "subject": question, "body": {"contentType": "text", "content": "Please vote."}}
    survey = {
        "id": f"lunch-{number}",
        "organization": "contoso",
        "connectionId": connection,
        "requestedBy": ANNA,
        "action": "sendSurvey",
        "parameters": {**parameters, "options": ["Pizza", "Sushi"]},
    }
    stack.put(survey)
    stack.outcome(survey["id"])
    anna.go("Surveys")
    anna.page.get_by_role("link", name=question).click()
    anna.sees("0 of 2")
    anna.press("Close now")
    anna.sees("The survey is closed.")
    assert anna.page.get_by_role("button", name="Close now").count() == 0
    anna.go("Surveys")
    assert "by hand" in anna.page.get_by_role("row").filter(has_text=question).inner_text()
