"""Voting buttons byte for byte."""

import pytest

from shared.domain.voting import ansi_labels, verb_stream

# [MS-OXOMSG] 4.5: a mail with the options Yes, No and Maybe. Each row is one of the specification's fields.
SAMPLE = bytes.fromhex(
    "0201 03000000"
    "04000000 03596573 0849504D2E4E6F7465 00 03596573 00000000 00 00000000 01000000 02000000 02000000 01000000 FFFFFFFF"
    "04000000 024E6F 0849504D2E4E6F7465 00 024E6F 00000000 00 00000000 01000000 02000000 02000000 02000000 FFFFFFFF"
    "04000000 054D61796265 0849504D2E4E6F7465 00 054D61796265 00000000 00 00000000 01000000 02000000 02000000 03000000 FFFFFFFF"
    "0401"
    "03590065007300 03590065007300"
    "024E006F00 024E006F00"
    "054D006100790062006500 054D006100790062006500"
)


def test_the_stream_is_that_of_the_specifications_sample() -> None:
    assert len(SAMPLE) == 209
    assert verb_stream(["Yes", "No", "Maybe"]) == SAMPLE


def test_labels_that_are_alike_in_ansi_get_a_number_there_and_only_there() -> None:
    assert ansi_labels(["はい", "いや", "Ja"]) == [b"1 ??", b"2 ??", b"Ja"]
    stream = verb_stream(["はい", "いや"])
    assert "はい".encode("utf-16-le") in stream
    assert "1 はい".encode("utf-16-le") not in stream


def test_a_character_outside_the_basic_plane_counts_as_two_units() -> None:
    assert verb_stream(["👍", "👎"]).endswith(b"\x02" + "👎".encode("utf-16-le"))


@pytest.mark.parametrize("label", ["", "x" * 256, "👍" * 128])
def test_a_label_that_has_no_place_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        verb_stream(["Yes", label])
