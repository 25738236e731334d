"""HTML mail as plain text, and what it shows where."""

import pytest

from ingest.email.html import read


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\tb"),
        ("a &lt;b&gt; &amp; &#8364; &nbsp; c", "a <b> & € c"),
        ("<style>p{}</style><script>x()</script><title>t</title>words", "words"),
        ('<a href="https://x.example/y">here</a>', "here (https://x.example/y)"),
        ('<a href="https://x.example/y">https://x.example/y</a>', "https://x.example/y"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ('<a href="mailto:kim@x.example">kim@x.example</a>', "kim@x.example"),
        ("<p>never closed <b>at all", "never closed at all"),
        ("</p></div>closed only", "closed only"),
        ("<!-- a comment --><![CDATA[x]]>words", "words"),
        ("", ""),
    ],
)
def test_words_as_people_read_them(html, text):
    """Paragraphs, lists and links stay; scripts and styles go; broken markup is read as far as it goes."""
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<img src="cid:a@b">', {"a@b": False}),
        ('<IMG SRC="CID:a@b">', {"a@b": False}),
        ('<blockquote><img src="cid:a"></blockquote>', {"a": True}),
        ('<div class="gmail_signature"><p><img src="cid:a"></p></div><img src="cid:b">', {"a": True, "b": False}),
        ('<blockquote><img src="cid:a"></blockquote><img src="cid:a">', {"a": False}),
        ('<img src="data:image/png;base64,AAAA"><img>', {}),
    ],
)
def test_which_pictures_are_shown_and_whether_only_in_quotes(html, shown):
    """A picture that stands among the customer's own words counts as shown there."""
    assert read(html).shown == shown


def test_absurdly_deep_markup_takes_no_absurd_time():
    """Every unmatched end tag looks through what is open: that must be little."""
    assert read("<div>" * 50_000 + "</span>" * 50_000 + "words").text == "words"
