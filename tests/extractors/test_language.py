"""Language: told from the text, read from labels, and which of the two is believed."""

import pytest

from extractors.language import Guess, choose_language, detect_language, guess_language, parse_language

# The same short story in our own words, in each language that must be known.
STORIES = {
    "en": "On Saturday morning the people of the small town went out to see the river, which was rising all the time. Later the water went down, but the bridges had already been destroyed and nobody knew when they would be built again.",
    "de": "Am Samstagmorgen gingen die Bewohner der kleinen Stadt auf die Straße, um den Fluss zu sehen, der immer weiter stieg. Später ging das Wasser zurück, aber die Brücken waren schon zerstört und niemand wusste, wann sie wieder aufgebaut werden.",
    "fr": "Samedi matin, les habitants de la petite ville sont sortis dans la rue pour voir la rivière qui ne cessait de monter. Plus tard, l'eau est redescendue, mais les ponts étaient déjà détruits et personne ne savait quand ils seraient reconstruits.",
    "es": "El sábado por la mañana los vecinos del pequeño pueblo salieron a la calle para ver el río, que no dejaba de subir. Más tarde el agua bajó, pero los puentes ya estaban destruidos y nadie sabía cuándo se iban a reconstruir.",
    "it": "Sabato mattina gli abitanti della piccola città sono usciti in strada per vedere il fiume che continuava a salire. Più tardi l'acqua è scesa, ma i ponti erano già distrutti e nessuno sapeva quando sarebbero stati ricostruiti.",
    "pt": "Na manhã de sábado os moradores da pequena cidade saíram à rua para ver o rio, que não parava de subir. Mais tarde a água desceu, mas as pontes já estavam destruídas e ninguém sabia quando seriam reconstruídas.",
    "nl": "Zaterdagochtend gingen de inwoners van het stadje de straat op om de rivier te zien, die maar bleef stijgen. Later zakte het water, maar de bruggen waren al vernield en niemand wist wanneer ze weer zouden worden opgebouwd.",
    "pl": "W sobotę rano mieszkańcy miasteczka wyszli na ulice, żeby zobaczyć rzekę, która wciąż się podnosiła. Później woda opadła, ale mosty były już zniszczone i nikt nie wiedział, kiedy zostaną odbudowane.",
    "sv": "På lördagsmorgonen gick invånarna i den lilla staden ut på gatan för att se floden som fortsatte att stiga. Senare sjönk vattnet, men broarna var redan förstörda och ingen visste när de skulle byggas upp igen.",
    "no": "Lørdag morgen gikk innbyggerne i den lille byen ut på gata for å se elva som fortsatte å stige. Senere sank vannet, men broene var allerede ødelagt, og ingen visste hva som skulle skje eller når de ble bygget opp igjen etter flommen.",
    "da": "Lørdag morgen gik indbyggerne i den lille by ud på gaden for at se åen, der blev ved med at stige. Senere faldt vandet, men broerne var allerede ødelagt, og ingen vidste, hvad der skulle ske, eller hvornår de blev bygget op igen efter oversvømmelsen.",
    "cs": "V sobotu ráno vyšli obyvatelé městečka do ulic, aby viděli řeku, která stále stoupala. Později voda opadla, ale mosty už byly zničené a nikdo nevěděl, kdy budou znovu postaveny.",
    "ru": "В субботу утром жители городка вышли на улицы, чтобы посмотреть на реку, которая всё поднималась. Потом вода спала, но мосты были уже разрушены, и никто не знал, когда их построят снова.",
    "uk": "У суботу вранці мешканці містечка вийшли на вулиці, щоб побачити річку, яка все піднімалася. Потім вода спала, але мости вже були зруйновані, і ніхто не знав, коли їх збудують знову.",
    "bg": "В събота сутринта жителите на градчето излязоха на улицата, за да видят реката, която продължаваше да се покачва. По-късно водата спадна, но мостовете вече бяха разрушени и никой не знаеше кога ще бъдат построени.",
    "tr": "Cumartesi sabahı kasabanın sakinleri durmadan yükselen nehri görmek için sokağa çıktı. Daha sonra su çekildi ama köprüler çoktan yıkılmıştı ve kimse ne zaman yeniden yapılacağını bilmiyordu.",
    "el": "Το Σάββατο το πρωί οι κάτοικοι της μικρής πόλης βγήκαν στους δρόμους για να δουν το ποτάμι που ανέβαινε.",
    "he": "בשבת בבוקר יצאו תושבי העיירה לרחובות כדי לראות את הנהר שהמשיך לעלות כל הזמן.",
    "ja": "土曜日の朝、小さな町の人々は増え続ける川の水を見るために通りへ出た。",
    "zh": "星期六早上，小镇的居民走上街头，看着河水不断上涨。后来水退了，但桥已经被毁。",
    "ko": "토요일 아침 작은 마을의 주민들은 계속 불어나는 강물을 보려고 거리로 나왔다.",
    "ar": "خرج سكان البلدة الصغيرة صباح السبت إلى الشوارع لمشاهدة النهر الذي كان يرتفع باستمرار، ثم انخفض الماء لكن الجسور كانت قد دمرت.",
    "fa": "صبح شنبه ساکنان شهر کوچک به خیابان آمدند تا رودخانه را که همچنان بالا می‌آمد ببینند. بعد آب پایین رفت اما پل‌ها ویران شده بود.",
    "hi": "शनिवार की सुबह छोटे शहर के लोग लगातार बढ़ती हुई नदी को देखने के लिए सड़क पर निकले। बाद में पानी उतर गया लेकिन पुल टूट चुके थे।",
    "id": "Pada Sabtu pagi warga kota kecil itu keluar ke jalan untuk melihat sungai yang terus naik. Kemudian air surut, tetapi jembatan sudah hancur dan tidak ada yang tahu kapan akan dibangun kembali.",
    "th": "เช้าวันเสาร์ ชาวเมืองเล็กๆ ออกมาที่ถนนเพื่อดูแม่น้ำที่สูงขึ้นเรื่อยๆ ตลอดทั้งวัน",
}


@pytest.mark.parametrize(("language", "text"), STORIES.items(), ids=STORIES.keys())
def test_detects(language, text):
    """Each language is known from two sentences."""
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "   \n", "Yes, we can.", "12:30 | 44 | 3.14 | 99 %\n" * 40, "\ud800\udc00" * 50])
def test_none_when_there_is_too_little(text):
    """Under 40 letters, and on figures, nothing is guessed."""
    assert detect_language(text) is None


def test_none_on_lists_of_names():
    """A table of names is in no language."""
    assert (
        detect_language("Barrow 7 (Oduya 2, Vint 5) Hexley 9 (Prang 4, Zubek 5) Quist 3 Mbeki 8 Orlov 2 Tanaka 6 Wu 1")
        is None
    )


def test_foreign_quotes_do_not_decide():
    """A text keeps its language around a quotation in another script, and Chinese stays Chinese with a name in kana."""
    assert detect_language(STORIES["en"] + " „" + STORIES["ru"][:60] + "“") == "en"
    assert detect_language(STORIES["zh"] * 3 + "トヨタ") == "zh"


def test_the_middle_of_a_long_text_decides():
    """Menus of short lines before the prose are passed over."""
    assert detect_language("Home\nAbout us\nContact the team\n" * 30 + STORIES["de"] * 10) == "de"


def test_sure_only_when_long():
    """Two sentences may be a guess; a page of them is sure."""
    assert guess_language(STORIES["fr"] * 5) == Guess("fr", is_sure=True)
    short = guess_language(STORIES["fr"][:90])
    assert short is not None
    assert not short.is_sure


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("en", STORIES["de"] * 4, "de"),  # a template's own language on a German blog
        ("de", STORIES["de"] * 4, "de"),
        ("nl", STORIES["de"][:60], "nl"),  # too short to overrule
        ("xh", "", "xh"),
        (None, STORIES["it"], "it"),
        (None, "short", None),
    ],
)
def test_choice(declared, text, expected):
    """What a page declares stands unless its text is surely in another language."""
    assert choose_language(declared, text) == expected


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        (" pt_BR ", "pt"),
        ("zh-Hant-TW", "zh"),
        ("nb-NO", "no"),
        ("nn", "no"),
        ("iw", "he"),
        ("in", "id"),
        ("deu", "de"),
        ("x-default", None),
        ("xx", None),
        ("", None),
        (None, None),
    ],
)
def test_labels(label, code):
    """Labels come down to ISO 639-1."""
    assert parse_language(label) == code
