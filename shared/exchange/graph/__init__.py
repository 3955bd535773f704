"""The Graph door: a mailbox of Exchange Online by plain REST. Never imports exchangelib."""
