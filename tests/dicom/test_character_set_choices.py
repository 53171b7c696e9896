"""Character sets: the examples of the standard, the spellings of terms, what is guessed and what is not."""

from __future__ import annotations

from io import BytesIO
from random import Random

import pydicom
import pytest

from tests.store.objects import encoded
from workstation.dicom.text import LIKELY_GB18030, charset_for, decode, is_surely_gb18030

# The examples of PS3.5, byte for byte: annexes H (Japanese), I (Korean), J (Unicode, GB18030), K (GB 2312).
STANDARD = {
    "H.3.1": (
        ("", "ISO 2022 IR 87"),
        "59616d6164615e5461726f753d1b24423b3345441b28425e1b24424240 4f3a1b2842"
        "3d1b2442246424 5e24401b28425e1b2442243f246d24261b2842",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    "H.3.2": (
        ("ISO 2022 IR 13", "ISO 2022 IR 87"),
        "d4cfc0de5ec0dbb33d1b24423b3345441b284a5e1b244242404f3a1b284a"
        "3d1b24422464245e24401b284a5e1b2442243f246d24261b284a",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    "I.2": (
        ("", "ISO 2022 IR 149"),
        "486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d73d1b242943c8ab5e1b242943b1e6b5bf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    "I.3": (
        ("", "ISO 2022 IR 149"),
        "1b24294354686520317374206c696e6520696e636c7564657320b1e6b5bf2e0d0a"
        "1b24294354686520326e64206c696e6520696e636c7564657320b1e6b5bf2c20746f6f2e0d0a"
        "54686520337264206c696e652e",
        "The 1st line includes 길동.\r\nThe 2nd line includes 길동, too.\r\nThe 3rd line.",
    ),
    "J.1": (
        ("ISO_IR 192",),
        "57616e675e5869616f446f6e673de78e8b5ee5b08fe69db13d20",
        "Wang^XiaoDong=王^小東=",
    ),
    "J.2": (
        ("ISO_IR 192",),
        "546865206669727374206c696e6520696e636c75646573e4b8ade696872e0d0a"
        "546865207365636f6e64206c696e6520696e636c75646573e4b8ade696872c20746f6f2e0d0a"
        "546865207468697264206c696e652e0d0a",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
    ),
    "J.3": (("GB18030",), "57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d20", "Wang^XiaoDong=王^小东="),
    "J.4": (
        ("GB18030",),
        "546865206669727374206c696e6520696e636c75646573d6d0cec42e0d0a"
        "546865207365636f6e64206c696e6520696e636c75646573d6d0cec42c20746f6f2e0d0a"
        "546865207468697264206c696e652e0d0a",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
    ),
    "K.2": (
        ("", "ISO 2022 IR 58"),
        "5a68616e675e5869616f446f6e673d1b242941d5c55e1b242941d0a1b6ab3d20",
        "Zhang^XiaoDong=张^小东=",
    ),
    "K.3": (
        ("", "ISO 2022 IR 58"),
        "312e1b242941b5dad2bbd0d0cec4d7d6a1a30d0a"
        "322e1b242941b5dab6fed0d0cec4d7d6a1a30d0a"
        "332e1b242941b5dac8fdd0d0cec4d7d6a1a30d0a",
        "1.第一行文字。\r\n2.第二行文字。\r\n3.第三行文字。\r\n",
    ),
}


@pytest.mark.parametrize("annex", STANDARD)
def test_the_examples_of_the_standard(annex: str) -> None:
    charset, octets, text = STANDARD[annex]
    assert decode(bytes.fromhex(octets), charset) == text


IVANOV, KIM, MUELLER, WANG = "Иванов^Иван", "김^희중", "Größe^Åøre", "王^小东"


@pytest.mark.parametrize(
    ("term", "codec", "text"),
    [
        *((term, "iso8859_5", IVANOV) for term in (
            "ISO_IR 144", "ISO IR 144", "ISO_IR_144", "ISO-IR 144", "ISO-IR-144", "iso_ir 144", "ISOIR144",
            "ISO_IR  144", " ISO_IR 144 ", "ISO 2022 IR 144", "ISO_2022_IR_144", "ISO 8859-5", "ISO8859_5",
        )),
        *((term, "cp949", KIM) for term in (
            "ISO_IR 149", "ISO 2022 IR 149", "ISO 2022-IR-149", "iso 2022 ir 149", "EUC-KR", "KS_C_5601",
        )),
        *((term, "utf_8", WANG) for term in ("ISO_IR 192", "ISO IR 192", "UTF-8", "utf8", "UTF_8")),
        *((term, "gb18030", WANG) for term in (
            "GB18030", "gb18030", "GB-18030", "GBK", "gbk", "GB2312", "ISO_IR 58", "ISO 2022 IR 58",
        )),
        *((term, "latin_1", MUELLER) for term in (
            "ISO_IR 100", "ISO IR 100", "ISO-8859-1", "Latin1", "ISO_IR 0100",
        )),
        ("windows-1252", "cp1252", "Größe^Œuvre"),
        ("ISO_IR 203", "iso8859_15", "Œuvre^€"),
        ("Shift_JIS", "shift_jis", "山田^太郎"),
        ("ISO_IR 13", "shift_jis", "山田^太郎"),
        ("ISO_IR 13", "cp932", "髙﨑^太郎"),
        ("GB18030", "gb18030", "俓^乗"),
        ("GBK", "gbk", "誠^俓"),
    ],
)  # fmt: skip
def test_a_declared_set_is_used_however_it_is_spelled(term: str, codec: str, text: str) -> None:
    for fallback in ("", "ISO_IR 126", LIKELY_GB18030):
        assert decode(text.encode(codec), (term,), fallback) == text


@pytest.mark.parametrize(
    ("term", "codec", "text"),
    [
        ("ISO 2022 IR 149", "euc_kr", "Kim^Heejoong=김^희중"),
        ("ISO 2022 IR 144", "iso8859_5", f"Ivanov^Ivan={IVANOV}"),
        ("ISO 2022 IR 100", "latin_1", MUELLER),
        ("ISO 2022 IR 58", "gb2312", "Zhang^XiaoDong=张^小东"),
        ("ISO 2022 IR 87", "shift_jis", "Yamada^Tarou=山田^太郎"),
        ("ISO 2022 IR 87", "euc_jp", "Yamada^Tarou=山田^太郎"),
        ("ISO 2022 IR 13", "shift_jis", "a^b=ｱ^ｲ"),
        ("ISO_IR 144", "iso8859_5", f"Ivanov^Ivan={IVANOV}"),
    ],
)
@pytest.mark.parametrize("first", ["", "ISO 2022 IR 6", "ISO_IR 6", "NO SUCH"])
def test_a_set_named_second_is_used_without_its_escape_sequence(
    first: str, term: str, codec: str, text: str
) -> None:
    assert decode(text.encode(codec), (first, term)) == text


@pytest.mark.parametrize(
    ("value", "charset", "text"),
    [
        (b"a^b=\x1b)I\xb1^\xb2", ("", "ISO 2022 IR 87", "ISO 2022 IR 13"), "a^b=ｱ^ｲ"),
        (b"Yamada^Tarou=\x1b$B;3ED^B@O:\x1b(B", ("", "ISO 2022 IR 87"), "Yamada^Tarou=山田^太郎"),
        (b"\x1b$B;3ED\r\nplain", ("", "ISO 2022 IR 87"), "山田\r\nplain"),
        (b"\x1b$B;3ED B@O:\x1b(B", ("", "ISO 2022 IR 87"), "山田 太郎"),
        (b"\x1b$(D\x30\x21\x1b(B", ("", "ISO 2022 IR 159"), "丂"),
        (b"\x1b-L\xb8\xd2\xd0\xdd^\xc4", ("ISO 2022 IR 100", "ISO 2022 IR 144"), "Иван^Ä"),
        (b"\xc4\x1b-L\xb8\x1b-A\xc4", ("ISO 2022 IR 100", "ISO 2022 IR 144"), "ÄИÄ"),
        (b"\x1b$)C\xb1\xe8*^\x1b$)C\xc8\xf1", ("", "ISO 2022 IR 149"), "김*^희"),
        (b"\x1b$)A\xd5\xc5ASCII\xd0\xa1", ("", "ISO 2022 IR 58"), "张ASCII小"),
        (b"\x1b$)A\xd5\xc5", (), "张"),  # not named, but it says so itself
        (b"\x1b%G\xe7\x8e\x8b", (), "王"),
        (b"\x1b$)Z\xd5\xc5", ("ISO_IR 100",), "$)ZÕÅ"),  # of a set nobody knows
        (b"\x1b$", ("", "ISO 2022 IR 87"), "$"),
        (b"\x1b$B;", ("", "ISO 2022 IR 87"), ";"),
        (b"\xc4\x1b(B\xd6\x1b", ("ISO_IR 100",), "ÄÖ"),
    ],
)
def test_escape_sequences_are_followed_and_never_shown(
    value: bytes, charset: tuple[str, ...], text: str
) -> None:
    assert decode(value, charset) == text


def test_any_bytes_under_any_terms_are_text_without_escape_characters() -> None:
    terms = [
        "",
        "ISO_IR 13",
        "ISO 2022 IR 58",
        "ISO 2022 IR 87",
        "ISO_IR 192",
        "GB18030",
        "NO SUCH",
        "ISO_IR 999",
    ]
    pieces = [
        b"\x1b$)A",
        b"\x1b$B",
        b"\x1b(J",
        b"\x1b-L",
        b"\x1b",
        b"\xff",
        b"\xb0\xa1",
        b"\x81",
        b"^",
        b"=A",
        b"\r\n",
    ]
    random = Random(7)
    for _ in range(2000):
        value = b"".join(random.choices(pieces, k=6))
        assert "\x1b" not in decode(value, tuple(random.choices(terms, k=random.randint(0, 3))))


@pytest.mark.parametrize(
    "value",
    [
        *(b"A" * 65_534, b"A" * 65_533 + b"\xff", b"A " * 32_766 + b"\xff", b"a\xfc" * 32_767),
        *(b"\xd6\xd0" * 32_767, b"\xd6\xd0a" * 21_844, b"\xd6\xd0 " * 21_844),
        *(b"\x1b" * 65_534, b"\x1b$B" * 21_844, b"\x1b$B;3^" * 10_000),
    ],
    ids=lambda value: repr(value[:6])[2:-1],
)  # fmt: skip
def test_a_value_as_long_as_can_be_costs_no_more_than_its_length(value: bytes) -> None:
    for fallback in ("", LIKELY_GB18030, "GB18030"):
        assert decode(value, (), fallback) or set(value) <= set(b"\x1b$B")
        assert decode(value, ("", "ISO 2022 IR 87", "ISO 2022 IR 58"), fallback) or set(value) <= set(
            b"\x1b$B"
        )
    assert is_surely_gb18030(value) in (True, False)


FAMILIES = """
Müller Größe Jäger Böhm Köhler Schröder Grüß Weiß Strauß Öztürk Çelik Yıldız Şahin Nuñez Muñoz
Peña García Gómez Martínez Rodríguez Böðvarsdóttir Sigurðsson Þórðarson Guðmundsdóttir
Østergård Sørensen Åström Öberg Bjørnstad Håkansson Mäkelä Hämäläinen Väisänen Töölö Lefèvre
Béranger Crête Françoise Noël Haïti Dvořák Růžička Němec Říha Šťastný Příšerný Žďár Kučera
Háček Kovács Szőcs Tóth Gődény Őry Łukasiewicz Dąbrowski Wójcik Źdźbło Świątek Żółć Ćosić
Đorđević Šarić Čačić Ionuț Brâncuși Mărăști Öz Ås Éa Ödön
"""  # noqa: RUF001 - a Turkish letter
GIVEN = "Jürgen José María Zoë Åse Øyvind Ömür Ölçün Jiří Tomáš Łucja Özgür René Ádám"
EUROPEAN = [f"{family}^{given}" for family in FAMILIES.split() for given in GIVEN.split()]


@pytest.mark.parametrize("fallback", ["", LIKELY_GB18030])
@pytest.mark.parametrize("codec", ["latin_1", "iso8859_2", "iso8859_9"])
def test_european_names_without_a_character_set_are_not_taken_for_chinese(codec: str, fallback: str) -> None:
    tried = 0
    for name in EUROPEAN:
        for spelling in (name, name.upper(), name.replace("^", " "), name.split("^")[0], name.split("^")[1]):
            octets = spelling.encode(codec, "ignore")
            if not octets.isascii():
                tried += 1
                assert decode(octets, (), fallback) == octets.decode("latin_1"), spelling
                assert not is_surely_gb18030(octets)
    assert tried > 1000


CHINESE = ("王^小东", "张^伟", "李^娜", "Wang^XiaoDong=王^小东", "欧阳^修", "刘 德华")
RARE = (
    "朱^镕基",
    "李^祎",
    "王^玥",
    "张^旻",
    "陈^珺",
    "刘^芃",
    "赵^頔",
    "Zhu^Rongji=朱^镕基",
    "朱镕基",
    "晏^珺",
)


def test_chinese_without_a_character_set_is_read() -> None:
    for name in CHINESE:
        assert decode(name.encode("gb18030"), ()) == name
        assert decode(name.encode(), ()) == name
    assert decode("CT胸部平扫".encode("gbk"), ()) == "CT胸部平扫"
    assert [is_surely_gb18030(name.encode("gb18030")) for name in CHINESE] == [
        True,
        True,
        True,
        True,
        True,
        True,
    ]
    assert not any(is_surely_gb18030(name.encode()) for name in CHINESE)


@pytest.mark.parametrize("name", RARE)
def test_rare_chinese_characters_are_read_where_the_node_is_known_to_send_gb18030(name: str) -> None:
    octets = name.encode("gb18030")
    assert decode(octets, ()) == octets.decode("latin_1")
    assert decode(octets, (), LIKELY_GB18030) == name
    assert decode(name.encode(), (), LIKELY_GB18030) == name
    assert decode(octets, ("GB18030",)) == name


def test_a_nodes_own_set_is_used_where_none_is_declared() -> None:
    assert decode("Παπαδόπουλος".encode("iso8859_7"), (), "ISO_IR 126") == "Παπαδόπουλος"
    assert decode("Παπαδόπουλος".encode("iso8859_7"), ("",), "ISO IR 126") == "Παπαδόπουλος"
    assert decode("Παπαδόπουλος".encode("iso8859_7"), ("ISO_IR 6",), "ISO_IR 126") == "Παπαδόπουλος"
    assert decode("Müller".encode("latin_1"), ("ISO_IR 100",), "ISO_IR 126") == "Müller"


def test_what_a_nodes_set_has_no_characters_for_is_marked() -> None:
    assert "\ufffd" in decode("Ivanov^Ярь".encode("iso8859_5"), (), "GB18030")
    assert "\ufffd" in decode("Müller^Zoë".encode("latin_1"), (), "ISO_IR 192")
    assert "\ufffd" not in decode("王^小东".encode("gb18030"), (), "GB18030")


@pytest.mark.parametrize(
    ("text", "preferred", "terms"),
    [
        ("DOE*", "GB18030", ""),
        ("Müller*", "ISO IR 100", "ISO_IR 100"),
        ("Иванов*", "iso_ir_144", "ISO_IR 144"),
        ("김*", "ISO 2022 IR 149", "\\ISO 2022 IR 149"),
        ("김*", "ISO_IR 149", "\\ISO 2022 IR 149"),
        ("*山田*", "ISO 2022 IR 87", "\\ISO 2022 IR 87"),
        ("*山田*", "ISO_IR 13", "\\ISO 2022 IR 87"),
        ("ﾔﾏﾀﾞ*", "ISO_IR 13", "ISO_IR 192"),
        ("王*", "GBK", "GBK"),
        ("王*", "gb18030", "GB18030"),
        ("王*", "ISO 2022 IR 58", "ISO_IR 192"),
        ("王*", "ISO_IR 100", "ISO_IR 192"),
        ("王*", "UTF-8", "ISO_IR 192"),
        ("王*", "NO SUCH", "ISO_IR 192"),
    ],
)
def test_what_is_sent_arrives_as_it_was_typed(text: str, preferred: str, terms: str) -> None:
    assert charset_for((text,), preferred) == terms
    query = pydicom.Dataset()
    query.SpecificCharacterSet = terms
    query.PatientName = text
    sent = pydicom.dcmread(BytesIO(b"\0" * 128 + b"DICM" + encoded(query)), force=True)
    octets = sent.get_item("PatientName").value
    assert decode(octets, tuple(terms.split("\\"))) == text
