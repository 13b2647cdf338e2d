"""The language a text is written in, told from the text itself, and the choice between that and what a page declares.

Scripts that only one language uses decide at once; within a script resiliparse's profiles decide, with a few very
common words as the second opinion on short texts. What a page declares is read in `extractors.metadata`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from resiliparse.parse.lang import detect_fast

_READ_CHARS = 20_000
_SAMPLE_CHARS = 1_600
_PROSE_CHARS = 60
_MIN_LETTERS = 40
_SURE_LETTERS = 200

# ISO 639-1, and what pages write for it otherwise: withdrawn codes, countries, Norwegian's two forms, three letters.
_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj
kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th
ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_ALIASES = """
nb:no nn:no iw:he in:id ji:yi mo:ro jp:ja cn:zh gr:el cz:cs ua:uk dk:da eng:en deu:de ger:de fra:fr fre:fr spa:es ita:it
por:pt nld:nl dut:nl pol:pl swe:sv nor:no nob:no nno:no dan:da fin:fi ces:cs cze:cs slk:sk slo:sk rus:ru ukr:uk tur:tr
ell:el gre:el jpn:ja zho:zh chi:zh kor:ko ara:ar hin:hi ind:id vie:vi tha:th heb:he hun:hu ron:ro rum:ro bul:bg hrv:hr
srp:sr fas:fa per:fa
"""
_LANGUAGE_OF = {code: code for code in _CODES.split()} | dict(pair.split(":") for pair in _ALIASES.split())

# Name, letters, and the languages that are told apart in it; where there is one, the script decides.
_SCRIPTS: tuple[tuple[str, str, str], ...] = (
    (
        "latin",
        "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
        "en de fr es it pt nl pl sv no da fi is cs sk sl hr hu ro et lv lt ca sq tr az id vi sw",
    ),
    ("cyrillic", "\u0400-\u052f", "ru uk bg be sr mk kk"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", "ar fa ur ps"),
    ("devanagari", "\u0900-\u097f", "hi mr ne"),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff", "el"),
    ("hebrew", "\u0590-\u05ff", "he"),
    ("kana", "\u3041-\u30ff\uff66-\uff9d", "ja"),
    ("hangul", "\uac00-\ud7a3\u1100-\u11ff", "ko"),
    ("han", "\u3400-\u4dbf\u4e00-\u9fff", "zh"),
    ("thai", "\u0e00-\u0e7f", "th"),
    ("bengali", "\u0980-\u09ff", "bn"),
    ("gurmukhi", "\u0a00-\u0a7f", "pa"),
    ("gujarati", "\u0a80-\u0aff", "gu"),
    ("tamil", "\u0b80-\u0bff", "ta"),
    ("telugu", "\u0c00-\u0c7f", "te"),
    ("kannada", "\u0c80-\u0cff", "kn"),
    ("malayalam", "\u0d00-\u0d7f", "ml"),
    ("sinhala", "\u0d80-\u0dff", "si"),
    ("georgian", "\u10a0-\u10ff", "ka"),
    ("armenian", "\u0530-\u058f", "hy"),
    ("khmer", "\u1780-\u17ff", "km"),
    ("burmese", "\u1000-\u109f", "my"),
)
_LETTERS = {name: re.compile(f"[{letters}]") for name, letters, _ in _SCRIPTS}
_LANGUAGES = {name: tuple(languages.split()) for name, _, languages in _SCRIPTS}

# Words of each language that are common there and rare in its neighbours.
_COMMON_WORDS = {
    "en": "the of and to is was that with for are have this from",
    "de": "der die und das den nicht ist mit ein eine auf für sich auch dem",
    "fr": "les des est une dans pour qui pas sur avec du au sont ce cette",
    "es": "los las una por con para del está como más pero su fue el y",
    "it": "il di che gli della è per con sono nel alla anche una dei non",
    "pt": "não uma os dos em com para mais do da foi ao são pelo você",
    "nl": "het een van de niet zijn voor met dat op aan ook wordt naar bij",
    "pl": "się nie w na jest że do z przez dla jak po oraz ich od",
    "sv": "och att det som är inte på för av med den till har ett jag",
    "no": "og det ikke som er på av til jeg har ble etter mellom noe hva",
    "da": "og det ikke som er på af til jeg har blev efter mellem noget hvad",
    "fi": "ja on ei se että oli mutta myös kun ovat joka hän sen",
    "cs": "se že na je by pro jak ale jsou jako byl která podle při není",
    "sk": "sa že na je pre ako ale sú bol ktorá podľa pri nie aj",
    "hu": "hogy az és nem egy is volt meg de már csak ez van",
    "ro": "și în că este nu cu pe din pentru care mai sunt fost",
    "hr": "je se da na su za od kako koji bi što nije kao",
    "tr": "ve bir bu için ile da de olarak çok daha ama olan gibi",
    "id": "yang dan di dengan untuk tidak ini dari itu akan pada dalam",
    "vi": "của và là không có được cho một người những trong với",
    "ca": "els les amb una per que és del dels més aquest són i",
    "ru": "и в не на что с он как это по но из его для",
    "uk": "і в не на що з та як це до за від але його для",
    "bg": "и в на да се не от за са който като с това",
    "ar": "في من على أن إلى عن هذا التي ما مع كان",
    "fa": "و در به از که این را است با برای آن",
    "ur": "کے میں ہے کی اور سے کا نے کو",
    "hi": "के में है और की से का को पर नहीं ने हैं",
    "mr": "आहे आणि या व हे होते आहेत नाही ते",
    "ne": "छ र पनि हो भने गर्ने लागि यो",
}
_COMMON = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_WORD = re.compile(r"[^\s\d_.,;:!?\"'’()\[\]«»“”„।/|-]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A language told from a text: its ISO 639-1 code, and whether the text is long and clear enough to be sure."""

    language: str
    is_sure: bool


def parse_language(label: str | None) -> str | None:
    """Return the ISO 639-1 code that a declared language means (`de-AT`, `pt_BR`, `eng`); None when it is none."""
    if not label:
        return None
    return _LANGUAGE_OF.get(re.split(r"[^A-Za-z]", label.strip(), maxsplit=1)[0].lower())


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language that a text is written in; None when unsure or under 40 letters."""
    guess = guess_language(text)
    return guess.language if guess else None


def choose_language(declared: str | None, text: str) -> str | None:
    """Return the language of a page: what it declares, unless its text is clearly in another.

    `declared` is an ISO 639-1 code or None. Templates declare their own language, so a sure guess from the text wins.
    """
    guess = guess_language(text)
    if guess and (guess.is_sure or declared is None):
        return guess.language
    return declared


def guess_language(text: str) -> Guess | None:
    """Guess the language of a text from a sample of its prose, and say whether the guess is sure."""
    sample = _sample(text)
    script, count = _script_of(sample)
    # A Chinese character or a Korean syllable says as much as several letters.
    weight = 3 if script in {"han", "kana", "hangul"} else 1
    letters = weight * count
    if letters < _MIN_LETTERS:
        return None
    languages = _LANGUAGES[script]
    if len(languages) == 1:
        return Guess(languages[0], is_sure=True)
    return _guess_within(sample, languages, letters)


def _script_of(sample: str) -> tuple[str, int]:
    """Return the script with the most letters in a sample, and how many."""
    latin = len(_LETTERS["latin"].findall(sample))
    if latin * 2 > len(sample):
        return "latin", latin
    counts = {name: len(letters.findall(sample)) for name, letters in _LETTERS.items()}
    # Japanese mixes kana with Chinese characters; a kana or two in a Chinese text are a name.
    if counts["kana"] * 10 > counts["han"] > 0:
        counts["kana"] += counts["han"]
    script = max(counts, key=lambda name: counts[name])
    return script, counts[script]


def _guess_within(sample: str, languages: tuple[str, ...], letters: int) -> Guess | None:
    """Tell languages of one script apart.

    Measured on 1,596 gold texts: from 200 characters the profiles alone take 94.5 % right, with the common words
    99.4 %; from whole texts none is wrong. Tables and lists of names have hardly a common word and no clear profile:
    None.
    """
    found = detect_fast(sample.lower(), langs=languages, n_results=len(languages))
    if not isinstance(found, list) or not found:
        return None
    ranks = dict(found)
    words = Counter(_WORD.findall(sample.lower()))
    hits = {language: sum(words[word] for word in _COMMON.get(language, ())) for language in ranks}
    per_hit = 600 / max(20, words.total())
    scores = sorted((rank - per_hit * hits[language], language) for language, rank in ranks.items())
    score, best = scores[0]
    margin = scores[1][0] - score if len(scores) > 1 else 0.0
    if hits[best] == 0 and best in _COMMON and (ranks[best] > 450 or margin < 10):
        return None
    return Guess(best, is_sure=letters >= _SURE_LETTERS and margin >= 25 and score < 600)


def _sample(text: str) -> str:
    """Take up to 1,600 characters from the middle of the long lines: short ones are names, labels and links."""
    head = text[:_READ_CHARS]
    prose = " ".join(line for line in head.split("\n") if len(line) >= _PROSE_CHARS)
    if len(prose) < _PROSE_CHARS * 4:
        prose = " ".join(head.split())
    start = max(0, (len(prose) - _SAMPLE_CHARS) // 2)
    return prose[start : start + _SAMPLE_CHARS]
