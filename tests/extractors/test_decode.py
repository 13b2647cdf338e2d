"""Decoding: who is believed about a body's encoding, and what comes out."""

import random

import pytest

from extractors.decode import Decoded, decode_body, encoding_named
from extractors.records import Form

GERMAN = (
    "Ärger über die Öffnungszeiten: Das Rathaus schließt künftig schon am späten Mittag, sagte die Bürgermeisterin."
)
ENGLISH = "The mayor’s office said it would “look into” the matter — and then closed for lunch."
RUSSIAN = "Жители посёлка вышли на берег, чтобы посмотреть, как поднимается река. Мосты закрыли ещё утром."
JAPANESE = "町の人々は朝早くから川の水位を見守っていた。橋はすでに閉鎖され、学校も休みになった。"
KOREAN = "마을 사람들은 이른 아침부터 강물이 불어나는 것을 지켜보았다. 다리는 이미 통제되었다."
CHINESE = "小镇的居民一早走上街头，看着河水越涨越高。桥已经封闭，学校也停课了。"
TAIWANESE = "小鎮的居民一早走上街頭，看著河水越漲越高。橋已經封閉，學校也停課了。"


def page(text: str, declared: str | None = None) -> str:
    meta = f'<meta charset="{declared}">' if declared else ""
    return f"<!DOCTYPE html><html><head>{meta}<title>t</title></head><body><p>{text}</p></body></html>"


# text, Python codec of the bytes, declared in the page, HTTP charset, encoding and source expected
CASES = {
    "utf-8": (GERMAN, "utf-8", "utf-8", None, "utf-8", "declared"),
    "utf-8 undeclared": (GERMAN, "utf-8", None, None, "utf-8", "detected"),
    "utf-8 by header": (GERMAN, "utf-8", None, "UTF-8", "utf-8", "http"),
    "utf-8 with a mark": (GERMAN, "utf-8-sig", "iso-8859-1", "iso-8859-1", "utf-8", "bom"),
    "utf-16 le with a mark": (GERMAN, "utf-16", None, None, "utf-16-le", "bom"),
    "utf-16 be without a mark": (ENGLISH, "utf-16-be", None, None, "utf-16-be", "detected"),
    "utf-16 le by header": (RUSSIAN, "utf-16-le", None, "utf-16", "utf-16-le", "http"),
    "ascii claims utf-16": ("plain words", "ascii", "utf-16", None, "utf-8", "declared"),
    "smart quotes called latin-1": (ENGLISH, "cp1252", "iso-8859-1", None, "windows-1252", "declared"),
    "latin-1 claims utf-8": (GERMAN, "latin-1", "utf-8", "utf-8", "windows-1252", "detected"),
    "utf-8 called latin-1 by header": (GERMAN, "utf-8", None, "iso-8859-1", "utf-8", "detected"),
    "utf-8 called latin-1 by header, not by the page": (GERMAN, "utf-8", "utf-8", "latin1", "utf-8", "declared"),
    "header wrong, page right": (RUSSIAN, "cp1251", "windows-1251", "utf-8", "windows-1251", "declared"),
    "russian undeclared": (RUSSIAN, "cp1251", None, None, "windows-1251", "detected"),
    "russian koi8-r undeclared": (RUSSIAN, "koi8-r", None, None, "koi8-r", "detected"),
    "shift_jis": (JAPANESE, "cp932", "Shift_JIS", None, "shift_jis", "declared"),
    "x-sjis by header": (JAPANESE, "cp932", None, "x-sjis", "shift_jis", "http"),
    "japanese undeclared": (JAPANESE * 3, "euc_jp", None, None, "euc-jp", "detected"),
    "iso-2022-jp undeclared": (JAPANESE, "iso2022_jp", None, None, "iso-2022-jp", "detected"),
    "euc-kr": (KOREAN, "cp949", "euc-kr", None, "euc-kr", "declared"),
    "gb18030 called gb2312": (CHINESE + "㐀", "gb18030", "gb2312", None, "gb18030", "declared"),
    "gbk claims utf-8": (CHINESE * 3, "gbk", "utf-8", None, "gb18030", "detected"),
    "big5": (TAIWANESE, "big5", "big5", None, "big5", "declared"),
    "utf-8 claims gbk": (CHINESE, "utf-8", "gbk", None, "utf-8", "detected"),
    "unknown label": (GERMAN, "cp1252", "no-such-thing", None, "windows-1252", "detected"),
}


@pytest.mark.parametrize(("text", "codec", "declared", "http", "encoding", "source"), CASES.values(), ids=CASES.keys())
def test_encoding_and_text(*, text, codec, declared, http, encoding, source):
    """A page comes out in its own words, whatever it or its server claims."""
    html = page(text, declared)
    assert decode_body(html.encode(codec), http, Form.HTML) == Decoded(html, encoding, source)


@pytest.mark.parametrize(
    ("declaration", "source"),
    [
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "declared"),
        ("<META CHARSET = 'cp1251' />", "declared"),
        ('<?xml version="1.0" encoding="windows-1251"?>', "declared"),
        ('<!-- <meta charset="koi8-r"> --><meta charset="windows-1251">', "declared"),
        ('<script charset="koi8-r"></script>', "detected"),
        ("x" * 5000 + '<meta charset="windows-1251">', "detected"),
    ],
)
def test_declarations(declaration, source):
    """Declarations are found in each of their spellings, in the head only, and not in comments."""
    decoded = decode_body((declaration + RUSSIAN * 3).encode("cp1251"), None, Form.HTML)
    assert (decoded.encoding, decoded.source) == ("windows-1251", source)
    assert decoded.text.endswith(RUSSIAN)


def test_text_declares_nothing():
    """A plain text that speaks of a meta tag is not bound by it."""
    text = '<meta charset="koi8-r"> is a tag. ' + RUSSIAN
    assert decode_body(text.encode("cp1251"), None, Form.TEXT) == Decoded(text, "windows-1251", "detected")


def test_one_bad_byte_in_a_long_utf8_page():
    """One damaged byte costs one character, not the encoding."""
    body = GERMAN.encode() * 20 + b"\xff" + GERMAN.encode() * 20
    decoded = decode_body(body, "utf-8", Form.TEXT)
    assert decoded == Decoded(GERMAN * 20 + "\ufffd" + GERMAN * 20, "utf-8", "http")


def test_rare_quotes_in_a_page_that_claims_utf8():
    """A few windows-1252 quotes in a long English page are quotes, although they are under a thousandth of it."""
    text = "Nothing happened on the river today. " * 200 + "It didn’t."
    assert decode_body(text.encode("cp1252"), "utf-8", Form.TEXT) == Decoded(text, "windows-1252", "detected")


@pytest.mark.parametrize(("codec", "source"), [("utf-8", "http"), ("cp932", "http"), ("gb18030", "http")])
def test_character_cut_off_at_the_end(codec, source):
    """A body cut in the middle of a character loses that character only."""
    body = JAPANESE.encode(codec)[:-1]
    label = {"cp932": "shift_jis"}.get(codec, codec)
    assert decode_body(body, label, Form.TEXT) == Decoded(JAPANESE[:-1], label, source)


def test_last_letter_is_not_a_cut_off_character():
    """A latin-1 text whose only accent is its last byte keeps it."""
    assert decode_body("Wir treffen uns im Café".encode("latin-1"), "utf-8", Form.TEXT).text.endswith("Café")


def test_line_ends_nuls_and_marks():
    """Line ends become one kind; NULs and the mark go."""
    assert decode_body(b"\xef\xbb\xbfa\r\nb\rc\x00d\n", None, Form.TEXT).text == "a\nb\ncd\n"


@pytest.mark.parametrize(
    "label", ["utf-7", "hz-gb-2312", "iso-2022-kr", "punycode", "base64", "rot13", "idna", "", "\0"]
)
def test_dangerous_labels_are_refused(label):
    """Labels that browsers refuse, and codecs of Python that are no encodings, are as good as none."""
    assert encoding_named(label) is None
    body = b"+ADw-script+AD4- and words"
    assert decode_body(body, label, Form.HTML) == Decoded(body.decode(), "utf-8", "detected")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ISO-8859-1", "windows-1252"),
        (' "utf8"', "utf-8"),
        ("ISO_8859-9", "windows-1254"),
        ("ks_c_5601-1987", "euc-kr"),
        ("Windows-31J", "shift_jis"),
        ("GBK", "gb18030"),
    ],
)
def test_labels_mean_what_browsers_take_them_to_mean(label, name):
    """Labels map as in browsers, however they are spelt."""
    assert encoding_named(label) == name


def test_total_on_random_bytes():
    """No bytes and no label make it raise, and the text never holds what Parquet or lxml refuse."""
    seeded = random.Random(7)
    for size in [0, 1, 2, 3, 5, 50, 5000]:
        for label in [None, "utf-8", "utf-16", "big5", "iso-2022-jp", "x-unknown"]:
            decoded = decode_body(seeded.randbytes(size), label, Form.HTML)
            decoded.text.encode("utf-8")
            assert "\x00" not in decoded.text
            assert decoded.source in {"bom", "http", "declared", "detected", "fallback"}


def test_pathological_markup_is_linear():
    """Megabytes of unclosed tags around one odd byte come back whole: the sampling patterns do not backtrack."""
    for opening in (b"<script", b"<", b"<meta ", b"<!--"):
        body = opening * (2_000_000 // len(opening)) + b"\xe9"
        assert decode_body(body, None, Form.HTML).text.startswith(opening.decode() * 3)
