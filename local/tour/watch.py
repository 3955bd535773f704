"""A process designer says which mails start a process."""

from local.tour.stage import Stage

TITLE = "Anna makes a watch: mails with 'Invoice' in the subject start a process"
ANNA = "anna@contoso.example"


def play(stage: Stage) -> str:
    made = stage.call(
        ANNA,
        "POST",
        "/watches",
        {
            "connectionId": stage.connection,
            "displayName": f"Invoices ({stage.number})",
            "processId": stage.process,
            "filter": {"subjectContains": [f"Invoice {stage.number}"]},
            "afterwards": {"markAsRead": True},
        },
    )
    return f"watch {made['id']} on folder {made['folder']} starts {made['processId']}"
