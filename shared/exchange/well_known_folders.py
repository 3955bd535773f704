"""Folders that every mailbox has, by their English name, whatever the mailbox's language calls them; EWS and Graph name them alike."""

WELL_KNOWN = {
    "inbox": "inbox",
    "drafts": "drafts",
    "sent items": "sentitems",
    "deleted items": "deleteditems",
    "junk email": "junkemail",
    "outbox": "outbox",
}
