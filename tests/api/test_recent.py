"""What is kept in memory is bounded: by number, or by weight."""

from __future__ import annotations

from dalsegno.api.recent import Recent


def test_what_was_not_used_for_longest_goes_first():
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    assert recent.get("a") == 1
    recent.keep("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]


def test_values_may_be_weighed():
    recent: Recent[str, str] = Recent(5, len)
    recent.keep("a", "xx")
    recent.keep("b", "yyy")
    recent.keep("a", "x")
    recent.keep("c", "z")
    assert [recent.get(key) for key in "abc"] == ["x", "yyy", "z"]
    recent.keep("d", "long " * 5)
    assert [recent.get(key) for key in "abcd"] == [None] * 4
    recent.keep("a", "short")
    assert recent.get("a") == "short"
