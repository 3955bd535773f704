"""Ordinary mail starts processes; what machines write does not."""

from dataclasses import replace

import pytest

from shared.domain.bounce import message_ids, read_report
from shared.domain.classification import MailClass, classify, starts_processes
from shared.domain.mail import Address
from tests.unit.mail_in.test_filter import HEAD


@pytest.mark.parametrize(
    ("item_class", "headers", "kind"),
    [
        ("IPM.Note", (), "ordinary"),
        ("IPM.Note.SMIME", (), "ordinary"),
        ("IPM.Schedule.Meeting.Request", (), "ordinary"),
        ("IPM.Note", (("Auto-Submitted", "no"),), "ordinary"),
        ("IPM.Note", (("auto-submitted", "auto-replied; owner-email=x"),), "automatic"),
        ("IPM.Note", (("Auto-Submitted", "auto-generated (cron)"),), "automatic"),
        ("IPM.Note", (("X-Auto-Response-Suppress", "None"),), "ordinary"),
        ("IPM.Note", (("X-Auto-Response-Suppress", "All"),), "automatic"),
        ("IPM.Note", (("Precedence", "bulk"),), "automatic"),
        ("IPM.Note", (("Precedence", "auto_reply"),), "automatic"),
        ("IPM.Note", (("Precedence", "list"),), "ordinary"),
        ("IPM.Note", (("Return-Path", "<>"),), "automatic"),
        ("IPM.Note", (("Return-Path", "<kim@fabrikam.example>"),), "ordinary"),
        ("IPM.Note.Rules.OofTemplate.Microsoft", (), "automatic"),
        ("REPORT.IPM.Note.NDR", (), "bounce"),
        ("report.ipm.note.ndr", (), "bounce"),
        ("REPORT.IPM.Note.IPNRN", (), "automatic"),
        ("REPORT.IPM.Note.DR", (), "automatic"),
        ("IPM.Note", (("Content-Type", "multipart/report; report-type=delivery-status"),), "bounce"),
        ("IPM.Schedule.Meeting.Resp.Pos", (), "attendeeAnswer"),
    ],
)
def test_classes(item_class: str, headers: tuple[tuple[str, str], ...], kind: str) -> None:
    assert classify(replace(HEAD, item_class=item_class, headers=headers)) == kind


def test_a_mail_system_without_return_path_reports_a_bounce() -> None:
    daemon = Address(address="MAILER-DAEMON@mx.example")
    assert classify(replace(HEAD, from_=daemon, headers=(("Return-Path", "<>"),))) is MailClass.BOUNCE
    assert classify(replace(HEAD, from_=daemon)) is MailClass.ORDINARY


@pytest.mark.parametrize("kind", list(MailClass))
def test_only_ordinary_mail_starts_processes(kind: MailClass) -> None:
    assert starts_processes(kind, ignore_automatic=True) is (kind is MailClass.ORDINARY)
    assert starts_processes(kind, ignore_automatic=False) is (kind in {MailClass.ORDINARY, MailClass.AUTOMATIC})


def test_a_report_names_recipients_reasons_and_the_original() -> None:
    report = read_report(
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n\n"
        b"Final-Recipient: rfc822;b@x.example\nAction: delayed\nStatus: 4.0.0\n\n"
        b"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <original@contoso.example>\n\n--b--\n"
    )
    assert [(one.recipient, one.reason) for one in report.undelivered] == [("a@x.example", "5.1.1")]
    assert report.message_ids == ("<original@contoso.example>",)


@pytest.mark.parametrize(
    "mime", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=b\n\n--b\n", b"x" * 9999]
)
def test_what_nobody_can_read_is_no_report(mime: bytes) -> None:
    assert read_report(mime).undelivered == ()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<a@x> <b@y>", ["<a@x>", "<b@y>"]),
        ("=?utf-8?q?=3Ca=40x=3E?=", ["<a@x>"]),
        ("=?utf-8?q?=3Ca=40?= =?utf-8?q?x=3E?=", ["<a@x>"]),
        ("=?klingon?q?=3Ca=40x=3E?= <b@y>", ["<b@y>"]),
        ("=?utf-8?b?!?= <b@y>", ["<b@y>"]),
        ("nothing of the kind", []),
    ],
)
def test_message_ids_are_found_however_they_are_written(text: str, ids: list[str]) -> None:
    assert message_ids(text) == ids
