"""Readers' comments: never the article where a page has one, and left alone where the page is made of them."""

import pytest

from extractors.body import Body, extract_body, parse_html
from extractors.comment_sections import comment_share, is_board, without_comments

ARTICLE = (
    "The lock keepers of Ostermark walked out on Thursday after the canal board cut the night shift for the third time.",
    "Barges queued for two miles below the upper gate by noon, and the grain mill in the old town ran out of rye.",
    "The board said that traffic had halved since the bridge was opened, and that it could not pay for idle hands.",
    "A mediator from the county is to meet both sides on Monday in the reading room of the harbour library.",
    "Until then the gates will be worked by two engineers, from six in the morning until the light fails.",
)
REMARKS = (
    "I have been on that canal for thirty years and never once saw the night shift asleep, whatever the board may say.",
    "They should have thought of this before they built the bridge. My uncle told them so at the time, and was laughed at.",
    "Typical of the board, they count the barges in January and then wonder where all of the traffic could have gone.",
    "Nobody asks the mill hands, who will be sent home without a penny if the rye does not come through by Friday.",
    "Well written, but the upper gate is in the next parish, as anyone who has ever walked there with a dog will know.",
    "What do two engineers know about a lock? The last one they sent us flooded the allotments and left for the coast.",
)
NAMES = ("Old Bargee", "Tilda", "rye_baker", "M. Quist", "gatepost", "Ines of Ostermark")


def page(after, head=""):
    body = "".join(f"<p>{text}</p>" for text in ARTICLE)
    return f"<html><head><title>Locks</title>{head}</head><body><table><tr><td><h1>Keepers walk out</h1>{body}{after}</td></tr></table></body></html>"


def said(template):
    return "".join(
        template.format(name=name, text=text, hour=9 + at)
        for at, (name, text) in enumerate(zip(NAMES * 3, REMARKS * 3, strict=True))
    )


WIDGETS = {
    "wordpress": '<div id="comments" class="comments-area"><h2 class="comments-title">18 thoughts</h2><ol class="commentlist">'
    + said(
        '<li class="comment even"><div class="comment-author vcard"><cite>{name}</cite> says:</div><p>{text}</p></li>'
    )
    + "</ol></div>",
    "server-rendered thread": '<section id="disqus_thread"><ul class="post-list">'
    + said('<li class="post"><span class="author">{name}</span><div class="post-message"><p>{text}</p></div></li>')
    + "</ul></section>",
    "plug-in leftovers": '<div class="fb-comments-box reader-comments">'
    + said('<div class="x1"><b>{name}</b><p>{text}</p><span>Like · Reply · {hour} hours ago</span></div>')
    + "</div>",
    "an anchor in the article's cell": '<hr><a name="commentSection"></a><b>Comments are now closed</b><br>'
    + said("<b>{name}</b><br>{text}<br><br><hr>"),
    "a heading and dated lines": "<h3>Comments (18)</h3>"
    + said("<p>{text}<br><b>Posted by {name} on 10 January, {hour}:15</b></p>"),
}


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_article_is_taken_and_not_its_comments(widget):
    """However a page shows its readers' comments, the body is the article, whole, and holds none of them."""
    html = page(WIDGETS[widget])
    body = extract_body(html, parse_html(html))
    assert isinstance(body, Body)
    assert [text for text in ARTICLE if text not in body.text] == []
    assert [text for text in REMARKS if text in body.text] == []


@pytest.mark.parametrize("widget", ["an anchor in the article's cell", "a heading and dated lines"])
def test_comments_in_the_articles_own_cell_are_named_in_the_source(widget):
    """A body that was parted from comments says so: without the second look it would have held them."""
    html = page(WIDGETS[widget])
    body = extract_body(html, parse_html(html))
    assert isinstance(body, Body)
    assert body.source.endswith("-comments")


def test_a_board_keeps_its_answers():
    """Where a page says that it is a board, what answers the first post is its text too."""
    html = page(WIDGETS["a heading and dated lines"], '<meta name="generator" content="vBulletin 3.8">')
    body = extract_body(html, parse_html(html))
    assert is_board(html)
    assert isinstance(body, Body)
    assert [text for text in (*ARTICLE, *REMARKS) if text not in body.text] == []


def test_posts_in_tables_are_kept():
    """The posts of a board made of tables are nobody's comments."""
    posts = said(
        '<table id="post{hour}" class="tborder"><tr><td class="alt2">{name}</td><td class="alt1">'
        '<div id="post_message_{hour}"><p>{text}</p></div></td></tr></table>'
    )
    html = f'<html><head><title>Locks</title></head><body><div id="posts">{posts}</div></body></html>'
    body = extract_body(html, parse_html(html))
    assert isinstance(body, Body)
    assert [text for text in REMARKS if text not in body.text] == []


def test_a_page_of_nothing_but_comments_keeps_them():
    """Where no article is left without the comments, they are what the page is for."""
    html = f"<html><body><h1>Guests write</h1><div>{WIDGETS['a heading and dated lines']}</div></body></html>"
    tree = parse_html(html)
    body = extract_body(html, tree)
    assert isinstance(body, Body)
    assert comment_share(tree, body.text) > 0.5
    assert REMARKS[0] in body.text


def test_a_heading_of_an_article_opens_no_comments():
    """An article's own sub-heading "Comments" takes nothing with it: nobody signs and dates what follows."""
    html = page("<h3>Comments</h3>" + "".join(f"<p>{text}</p>" for text in ARTICLE[:2]))
    assert comment_share(parse_html(html), "\n".join(ARTICLE)) == 0


def test_the_page_is_left_as_it_was():
    """Taking the comments out of a page works on a copy."""
    tree = parse_html(page(WIDGETS["wordpress"]))
    before = tree.text_content()
    pruned = without_comments(tree)
    assert tree.text_content() == before
    assert REMARKS[0] not in pruned.text_content()
    assert ARTICLE[-1] in pruned.text_content()


def test_states_of_a_page_are_no_boxes():
    """A class that says comments are open, counted or linked names no box of comments."""
    html = page("").replace("<td>", '<td><div class="comments-open comment-count">').replace("</td>", "</div></td>")
    assert comment_share(parse_html(html), "\n".join(ARTICLE)) == 0
