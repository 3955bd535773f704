"""The door to Exchange by EWS: exchangelib's services over connections of our own, so that its traps stay outside:
guessing requests, retries of refused passwords, credentials and mails in logs, answers parsed byte by byte.
"""
