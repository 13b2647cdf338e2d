"""The residual stage as a whole: the ledger, seams, runs, and the line that is held on an article's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.records import Form, rebuild_extracted
from extractors.strip.blocks import split_blocks
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules

RULES = load_packaged_rules()
# Reading the gates off a language's rules takes a second, once; no example of a property is to pay for it.
for _language in ("en", "de"):
    RULES.for_language(_language)
STORY = (
    "The harbour board voted on Monday to close the north pier for the winter, after divers found two cracked piles.",
    "Fishing boats will have to unload at the cannery instead, a mile up the river, where the quay was rebuilt in 1998.",
    "The board's engineer put the cost of the repair at a quarter of a million, and said that it would take until April.",
    "Four skippers who came to the meeting left before the vote and would not speak to anyone on their way out.",
)


def _strip(text, language="en", **context):
    result = strip_text(text, StripContext(language, Form.HTML, **context), RULES)
    assert rebuild_extracted(result.text, result.removals) == text
    return result


@given(
    st.lists(
        st.sampled_from(
            [
                *STORY, "Subscribe", "Comments", "Donate today", "", "   ", "Your support keeps this newsroom alive.",
                "Sign up for our newsletter.", "Follow us on Facebook", "Related posts", "- A link to a story", "Advertisement",
                "He said nothing.", "\u00a0", "İstanbul", "© 2026 Harbour Post. All rights reserved.",
            ]
        ) | st.text(max_size=60),
        max_size=14,
    ),
    st.sampled_from(["\n", "\n\n", " ", "", "\r\n", " \n "]),
    st.sampled_from([None, "en", "de", "xx"]),
    st.booleans(),
)  # fmt: skip
def test_kept_and_removed_rebuild_the_input(pieces, separator, language, has_title_line):
    """Whatever the text, what was kept and what was removed put together are the input."""
    text = separator.join(pieces)
    result = strip_text(text, StripContext(language, Form.TEXT, has_title_line), RULES)
    assert rebuild_extracted(result.text, result.removals) == text
    offsets = [removal.offset for removal in result.removals]
    assert offsets == sorted(offsets)
    assert all(0 < removal.confidence <= 1 and removal.text for removal in result.removals)


SEAMS = [
    ("Your support makes all the difference.", ""),
    ("Please help us keep our newsroom going. Your donation helps us pay reporters.", ""),
    ("Donate today", ""),
    ("Please consider supporting our newsroom (it takes a minute).", ""),
    ("Subscribe now for just £1 a month", ""),
    ("Become a paid subscriber to unlock the rest of this post.", ""),
]


@pytest.mark.parametrize(("appeal", "_"), SEAMS, ids=[appeal[:20] for appeal, _ in SEAMS])
@pytest.mark.parametrize(
    "story",
    [
        STORY[0],
        "A wave broke over the pier, and the lamp at its end went out.",
        "“Nobody saw it coming,” said the harbour master, who had been asleep.",
        "US officials said on Monday that the pier would be rebuilt.",
        "U.S. officials said on Monday that the pier would be rebuilt.",
    ],
)
def test_appeal_glued_to_the_first_sentence(appeal, _, story):
    """An appeal glued to the sentence behind it is cut at the seam; the sentence stays to the letter."""
    result = _strip("\n".join(["A standfirst about the pier", appeal + story, *STORY[1:]]))
    assert result.text == "\n".join(["A standfirst about the pier", story, *STORY[1:]])


def test_appeal_glued_to_the_last_sentence():
    """An appeal glued to the sentence before it is cut at the seam."""
    result = _strip("\n".join([*STORY[:3], STORY[3] + "Subscribe to our free newsletter."]))
    assert result.text == "\n".join(STORY)


def test_false_seams_change_nothing():
    """Names, addresses and initials that look like seams leave a text without furniture alone."""
    text = (
        "J.R.R.Tolkien and the U.S.Navy met at Node.Js Conf, wrote the YouTuber on WordPress.Com, not far from McDonald's "
        "and www.Example.Org/Path.Html, in the iPhone era.\n" + "\n".join(STORY)
    )
    assert _strip(text).text == text


def test_paragraph_breaks_stay():
    """Between what is kept the widest separator stays, so that paragraphs stay paragraphs."""
    text = "\n\n".join([STORY[0], "Advertisement", STORY[1]]) + "\n"
    assert _strip(text).text == f"{STORY[0]}\n\n{STORY[1]}\n"
    text = f"{STORY[0]}\n\nAdvertisement\n{STORY[1]}"
    assert _strip(text).text == f"{STORY[0]}\n\n{STORY[1]}"


def test_plain_middle_of_an_appeal_goes():
    """Between two certain parts of an appeal its plain-looking middle goes too."""
    appeal = [
        "Your support helps us to tell this town's story",
        "From the school board to the sewage works, the Gazette is in the room, and we know what that is worth to you.",
        "Your donation lets us stay there.",
    ]
    result = _strip("\n".join([STORY[0], STORY[1], *appeal, *STORY[2:]]))
    assert result.text == "\n".join(STORY)
    assert {removal.kind for removal in result.removals} == {"donation"}


def test_first_person_article_is_not_eaten():
    """In an article that itself says "we" and "you", an appeal takes nothing but itself with it."""
    column = [
        "We walked along the pier on Sunday, as we have done every Sunday since you were born, and counted the boats.",
        "You asked me then why the gulls never sit on the lamp, and we could not think of a reason that would satisfy you.",
        "Our neighbour says that it is the heat, but we have put our hands on the iron, and it is as cold as our kitchen.",
    ]
    text = "\n".join([*column[:2], "Your support keeps our journalism going.", column[2], *column])
    assert _strip(text).text == "\n".join([*column, *column])


def test_quoted_appeal_stays():
    """Somebody's words in quotation marks are the article's."""
    text = "\n".join(
        [
            *STORY[:2],
            "“Please consider making a donation to keep our newsroom open,” the editor wrote on the door.",
            *STORY[2:],
        ]
    )
    assert _strip(text).text == text


def test_title_line_of_a_dump_stays():
    """The title line of a dump stays whatever it says."""
    text = "\n".join(["Subscribe now", *STORY])
    assert _strip(text, has_title_line=True).text == text
    assert _strip(text).text == "\n".join(STORY)


def test_greedy_rule_is_stopped():
    """A rule that would take most of a long article takes nothing."""
    line = "Sign up for our newsletter about the tides of {} and the winds of {}."
    body = [line.format(number, number + 1) for number in range(30)]
    text = "\n".join([*STORY, *body])
    assert _strip(text).text.count("newsletter") == 30


def test_result_does_not_depend_on_history():
    """The same text gives the same result whatever was stripped before."""
    text = "\n".join([*STORY, "Comments"])
    first = _strip(text)
    for other in ("de", "fr", None):
        _strip(text, language=other)
    assert _strip(text) == first


def test_long_lines_stay_cheap():
    """A line of a megabyte without a blank, full of what looks like seams, is only a line."""
    text = "a.Bb" * 250_000
    assert _strip(text).text == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\n ", 0),
        ("One.\n\nTwo.", 2),
        ("The end.The beginning of it.", 2),
        ("Sub here todayThe cat sat.", 2),
    ],
)
def test_block_count(text, count):
    """Blocks are the lines that hold anything, cut again at seams."""
    assert len(split_blocks(text)) == count


def test_standfirst_above_an_appeal_stays():
    """Title and standfirst above an appeal stay, although they look like its headings."""
    head = [
        "Pier closed for the winter",
        "Harbour board votes after divers find cracked piles",
        "Four boats must unload up the river",
    ]
    appeal = [
        "Your support helps us to tell the story",
        "From the school board to the sewage works, the Gazette is in the room, and we know what that is worth to you.",
        "Your donation lets us stay there.",
    ]
    for size in (1, 2, 3):
        text = "\n".join([*head[:size], *appeal[:-1], appeal[-1] + STORY[0], *STORY[1:]])
        assert _strip(text).text == "\n".join([*head[:size], *STORY])
