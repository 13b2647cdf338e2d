"""The marks of lines: links, boxes, tags, the second extractor; one byte a line, whatever the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.body import parse_html
from extractors.marks import LineMark, LineTag, LinkShare, mark_lines

LINE = "The ferry to the outer islands was moored for the third day"


def marks_of(inner, *lines, second=""):
    tree = parse_html(f"<html><body><article>{inner}</article></body></html>")
    return [LineMark.from_byte(byte) for byte in mark_lines(tree, "\n".join(lines), second)]


@pytest.mark.parametrize("link", LinkShare)
@pytest.mark.parametrize("tag", LineTag)
@pytest.mark.parametrize("flags", [(False, False), (True, False), (False, True), (True, True)])
def test_a_mark_is_its_byte(link, tag, flags):
    """Every mark comes back from its byte, and no two share one."""
    mark = LineMark(link, *flags, tag)
    assert LineMark.from_byte(mark.to_byte()) == mark
    assert mark.to_byte() == link + 4 * flags[0] + 8 * flags[1] + 16 * tag


@pytest.mark.parametrize(
    ("inner", "share"),
    [
        (f"<p>{LINE}</p>", LinkShare.NONE),
        (f'<p>{LINE[:40]}<a href="/x">{LINE[40:]}</a></p>', LinkShare.SOME),
        (f'<p>{LINE[:10]}<a href="/x">{LINE[10:]}</a></p>', LinkShare.MOST),
        (f'<p><b><a href="/x">{LINE}</a></b>.</p>', LinkShare.WHOLE),
        (f'<a href="/x"><div><p>{LINE}</p></div></a>', LinkShare.WHOLE),
        (f'<p><a href="#part">{LINE}</a></p>', LinkShare.NONE),
        (f"<p><a>{LINE}</a></p>", LinkShare.NONE),
    ],
)
def test_links(inner, share):
    """The share of a line that leads to another page; a link within the page leads nowhere."""
    assert marks_of(inner, LINE)[0].link is share


@pytest.mark.parametrize(
    ("href", "share"),
    [
        ("/x", LinkShare.WHOLE),
        ("https://www.ferry.example.com/x", LinkShare.WHOLE),
        ("//example.com/x", LinkShare.WHOLE),
        ("https://harbour.test/x", LinkShare.MOST),
        ("//harbour.test/x", LinkShare.MOST),
    ],
)
def test_links_to_other_sites(href, share):
    """A line that leads to another site is no link of the site's own, where the page says which site it is."""
    tree = parse_html(
        '<html><head><link rel="canonical" href="https://example.com/a"></head>'
        f'<body><p><a href="{href}">{LINE}</a></p></body></html>'
    )
    assert LineMark.from_byte(mark_lines(tree, LINE, "")[0]).link is share


@pytest.mark.parametrize(
    ("inner", "tag"),
    [
        (f"<p>{LINE}</p>", LineTag.PARAGRAPH),
        (f"<h3>{LINE}</h3>", LineTag.HEADING),
        (f"<ul><li>{LINE}</li></ul>", LineTag.LIST_ENTRY),
        (f"<ul><li><p>{LINE}</p></li></ul>", LineTag.LIST_ENTRY),
        (f"<blockquote><p>{LINE}</p></blockquote>", LineTag.QUOTATION),
        (f"<table><tr><td>{LINE}</td></tr></table>", LineTag.TABLE_CELL),
        (f"<figure><figcaption>{LINE}</figcaption></figure>", LineTag.CAPTION),
        (f"<div>{LINE}<p>Elsewhere</p></div>", LineTag.OTHER),
        ("<p>Elsewhere</p>", LineTag.UNKNOWN),
    ],
)
def test_tags(inner, tag):
    """What a line stands in; a paragraph in a list, a quotation or a cell is that."""
    assert marks_of(inner, LINE)[0].tag is tag


@pytest.mark.parametrize("name", ['class="post-cta"', 'id="relatedStories"', 'data-testid="author_box"', 'role="more"'])
def test_boxes_named_like_furniture(name):
    """A box is furniture by a whole word of its name, where most of the text stands elsewhere."""
    story = [f"{LINE}, said keeper number {number}" for number in range(4)]
    inner = "".join(f"<p>{line}</p>" for line in story) + f"<div {name}><div><p>{LINE}</p></div></div>"
    assert [mark.in_furniture for mark in marks_of(inner, *story, LINE)] == [False] * 4 + [True]


@pytest.mark.parametrize("name", ["furthermore", "unrelated-box", "authority", "ctas1x", "story"])
def test_part_of_a_word_names_nothing(name):
    """A word inside another word of a name says nothing."""
    inner = f'<p>{LINE} again</p><p>{LINE} and again</p><div class="{name}"><p>{LINE}</p></div>'
    assert not marks_of(inner, f"{LINE} again", f"{LINE} and again", LINE)[2].in_furniture


def test_a_box_that_holds_the_article_is_none():
    """What holds most of the text is the article, whatever it is called."""
    assert not marks_of(f'<div class="related more"><p>{LINE}</p></div>', LINE)[0].in_furniture


def test_a_line_in_two_places_has_what_both_have():
    """A line that stands in the article and in a linked box is marked as neither linked nor boxed."""
    inner = f'<p>{LINE}</p><p>{LINE} again and again</p><div class="related"><a href="/x">{LINE}</a></div>'
    assert marks_of(inner, LINE, f"{LINE} again and again")[0] == LineMark(tag=LineTag.PARAGRAPH)


def test_the_second_extractor():
    """A line counts as shared when the other text has it, also within a longer line; a short one only as a line."""
    found = marks_of("", LINE, "Share", "Elsewhere", second=f"{LINE}, and so on. Share\nElsewhere")
    assert [mark.in_second for mark in found] == [True, False, True]


def test_bullets_and_blanks_make_no_difference():
    """An extractor's bullets, and the white space of the page, are no part of a line."""
    assert marks_of(f"<ul><li>  {LINE.replace(' ', chr(10))} </li></ul>", f"- {LINE}")[0].tag is LineTag.LIST_ENTRY


@given(st.lists(st.sampled_from(["", " ", LINE, "...", "\u00a0", "É", "- x", "\x1c", "|"]) | st.text(max_size=8)))
def test_one_byte_for_each_line_that_is_not_blank(lines):
    """Whatever the text, there are as many marks as non-blank lines."""
    text = "\n".join(lines)
    tree = parse_html(f"<html><body><p>{LINE}</p></body></html>")
    assert len(mark_lines(tree, text, text)) == sum(bool(line.strip()) for line in text.split("\n"))


def test_nested_boxes_are_read_once():
    """Two hundred boxes in one another, each with text, are read once each: the lines of each are found."""
    depth = 200
    inner = "".join(f"<div>{LINE} {number}" for number in range(depth)) + "</div>" * depth
    found = marks_of(inner, *(f"{LINE} {number}" for number in range(depth)))
    assert [mark.tag for mark in found] == [LineTag.OTHER] * depth
