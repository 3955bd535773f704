"""Pages for people: templates, words in their languages, one stylesheet. Knows no route and no use case's secrets.

Nothing here runs before the first page is asked for.
"""
