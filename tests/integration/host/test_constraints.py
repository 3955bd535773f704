"""Route constraints decide as ASP.NET does."""

import pytest

from local.host.constraints import constraint


@pytest.mark.parametrize(
    ("written", "passes", "fails"),
    [
        ("int", ["0", "-5", "2147483647"], ["", "x", "1.5", "2147483648", "٣"]),
        ("long", ["9223372036854775807"], ["9223372036854775808", "1e3"]),
        ("guid", ["6f9619ff-8b86-d011-b42d-00c04fc964ff"], ["6f9619ff", "four"]),
        ("bool", ["true", "FALSE"], ["1", "yes"]),
        ("alpha", ["abc", "XYZ"], ["a1", "ä"]),
        ("datetime", ["2026-11-24", "2026-11-24T09:00:00"], ["tomorrow"]),
        ("double", ["1.5", "-2"], ["one"]),
        ("length(3)", ["abc"], ["ab", "abcd"]),
        ("length(2,4)", ["ab", "abcd"], ["a", "abcde"]),
        ("minlength(2)", ["ab"], ["a"]),
        ("maxlength(2)", ["ab"], ["abc"]),
        ("min(18)", ["18"], ["17", "x"]),
        ("max(18)", ["18"], ["19"]),
        ("range(1,5)", ["1", "5"], ["0", "6", "x"]),
        ("regex(^[a-z]+$)", ["abc", "ABC"], ["a1"]),
    ],
)
def test_a_constraint_lets_through_what_it_names(written: str, passes: list[str], fails: list[str]) -> None:
    check = constraint(written, "shelf")

    assert [value for value in passes if not check(value)] == []
    assert [value for value in fails if check(value)] == []
