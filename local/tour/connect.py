"""A person creates a connection to an Exchange server and has it tested."""

from local.tour.doors import ANNA
from local.tour.stage import Disappointed, Stage

TITLE = "Anna creates a connection to her mailbox and has it tested"


def play(stage: Stage) -> str:
    wanted = {"displayName": f"Anna's mailbox ({stage.number})", **stage.door.form(stage.endpoints)}
    made = stage.call(ANNA, "POST", "/connections?test=true", wanted)
    stage.connection = made["id"]
    if "password" in made:
        raise Disappointed("the answer holds the password")
    test = made["test"]
    steps = ", ".join(f"{step['name']} {step['state']}" for step in test["steps"])
    if not test["ok"]:
        raise Disappointed(f"the connection doctor says: {steps}")
    return f"connection {stage.connection}\nthe doctor: {steps}"
