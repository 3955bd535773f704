"""Which option an answer names, as people and their programs write answers."""

from datetime import UTC, datetime

import pytest

from shared.domain.mail import Body, Importance, MailHead, ReceivedMail
from shared.domain.survey import Via
from shared.domain.vote_words import read_answer

OPTIONS = ("Yes", "No", "Maybe later", "Ja, gern")


def mail(body: str, *, html: bool = False, subject: str = "Re: Lunch?", pressed: str | None = None) -> ReceivedMail:
    head = MailHead(
        id="1",
        internet_message_id="<1@fabrikam.example>",
        search_key="",
        received_at=datetime(2027, 3, 1, tzinfo=UTC),
        subject=subject,
        sender=None,
        from_=None,
        is_read=False,
        is_draft=False,
        has_attachments=False,
        importance=Importance.NORMAL,
        categories=(),
        item_class="IPM.Note",
        verb_response=pressed,
    )
    return ReceivedMail(head, Body(content_type="html" if html else "text", content=body))


def option(answered: ReceivedMail, options: tuple[str, ...] = OPTIONS) -> str | None:
    answer = read_answer(options, "Lunch?", answered)
    return options[answer.option] if answer else None


QUOTED = (
    "\r\n\r\nOn Mon, 1 Mar 2027 at 09:00, Anna <anna@contoso.example> wrote:\r\n> Please answer:\r\n> Yes\r\n> No\r\n"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Yes", "Yes"),
        ("yes", "Yes"),
        ("  YES!  ", "Yes"),
        ('"Yes"', "Yes"),
        ("„Yes“.", "Yes"),
        ("*Yes*", "Yes"),
        ("> Yes", None),  # a quotation is not an answer
        ("Yes, gladly", "Yes"),
        ("No - sorry", "No"),
        ("Hi Anna,\n\nYes\n\nBest regards\nKim", "Yes"),
        ("Hello\n\nmaybe   later\n-- \nKim\nNo. 5 Main Street", "Maybe later"),
        ("Ja, gern", "Ja, gern"),
        ("Yes" + QUOTED, "Yes"),
        (QUOTED, None),
        ("Yes\n\n-----Original Message-----\nFrom: Anna\nNo", "Yes"),
        ("No\n\n-----Ursprüngliche Nachricht-----\nVon: Anna\nYes", "No"),
        ("No\n________________________________\nVon: Anna\nYes", "No"),
        ("Yes\n\nAm 01.03.2027 um 09:00 schrieb Anna <anna@contoso.example>:\nNo", "Yes"),
        ("Yes\nSent from my iPhone", "Yes"),
        ("\u200bYes\u00a0", "Yes"),
        # what could mean two things means nothing
        ("Yes\nNo", None),
        ("No, I mean yes", None),
        ("Yes or no?", None),
        ("I would rather not say yes", None),
        ("Not yes", None),
        ("Yesterday", None),
        ("No idea", None),
        ("No problem", None),
        ("What is this about?", None),
        ("", None),
        ("one\ntwo\nthree\nfour\nfive\nYes", None),  # not on the first lines
    ],
)
def test_words_on_the_first_lines(body: str, expected: str | None) -> None:
    assert option(mail(body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<html><head><style>p {No}</style></head><body><p>Yes</p></body></html>", "Yes"),
        ('<div dir="ltr">Yes</div><br><div class="gmail_quote">On Monday<blockquote>No</blockquote></div>', "Yes"),
        ('<div>Yes<br></div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> No</div>', "Yes"),
        ('<p class="MsoNormal">No&nbsp;</p><div><div style="border:none"><p><b>Von:</b> Anna</p></div></div>Yes', "No"),
        ("<p>Y<b>es</b></p>", "Yes"),
        ("<p>Maybe\r\n later</p>", "Maybe later"),
        ("<script>Yes</script>", None),
        ("<p>Yes<p>No", None),
        ("<p><![CDATA[ Yes", None),
        ("<" * 5000, None),
    ],
)
def test_html_is_read_as_a_person_sees_it(body: str, expected: str | None) -> None:
    assert option(mail(body, html=True)) == expected


def test_a_button_wins_over_whatever_stands_in_the_mail() -> None:
    answer = read_answer(OPTIONS, "Lunch?", mail("No way!", subject="Yes: Lunch?", pressed="Yes"))
    assert answer
    assert (OPTIONS[answer.option], answer.via, answer.comment) == ("Yes", Via.BUTTON, "No way!")


@pytest.mark.parametrize("pressed", ["yes", " Yes "])
def test_a_button_is_known_in_any_case(pressed: str) -> None:
    assert option(mail("", pressed=pressed)) == "Yes"


def test_a_button_that_we_did_not_offer_is_no_vote() -> None:
    assert option(mail("Yes", pressed="Approve")) is None


def test_a_button_is_known_by_the_label_that_clients_without_unicode_saw() -> None:
    assert option(mail("", pressed="2 ??"), ("はい", "いや")) == "いや"


def test_the_subject_is_all_that_is_left_of_a_button_that_crossed_the_internet() -> None:
    answer = read_answer(OPTIONS, "Lunch?", mail("", subject="no: Lunch?"))
    assert answer
    assert (OPTIONS[answer.option], answer.via) == ("No", Via.BUTTON)
    assert option(mail("Yes", subject="No: Lunch?")) is None
    assert option(mail("", subject="Yes: Dinner?")) is None
    assert option(mail("", subject="Re: Lunch?")) is None


def test_what_stands_beside_the_words_is_the_comment() -> None:
    answer = read_answer(OPTIONS, "Lunch?", mail("Yes\n\nBut not before noon.\nKim" + QUOTED))
    assert answer
    assert answer.comment == "But not before noon.\nKim"


def test_labels_that_differ_in_marks_only_must_be_written_exactly() -> None:
    options = ("Sure", "Sure!")
    assert option(mail("Sure!"), options) == "Sure!"
    assert option(mail("sure"), options) == "Sure"
    assert option(mail("(Sure)"), options) is None


def test_labels_of_marks_only_can_be_answered() -> None:
    assert option(mail("++"), ("++", "--")) == "++"


def test_a_reply_in_a_million_characters_is_read_in_a_moment() -> None:
    began = datetime.now(UTC)
    assert option(mail("a " * 500_000 + "\n" + "-" * 100_000)) is None
    assert option(mail("<div>" * 100_000 + "Yes", html=True)) == "Yes"
    assert (datetime.now(UTC) - began).total_seconds() < 5
