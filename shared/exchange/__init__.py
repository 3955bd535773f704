"""Two doors to one room: ews/ and graph/, one Exchange operation per file; open.py chooses by the connection."""
