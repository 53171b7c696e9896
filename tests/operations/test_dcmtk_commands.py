from __future__ import annotations

import shlex

from workstation.dicom.nodes import Identity, Node, RetrieveMethod, Tls
from workstation.dicom.targets import Target
from workstation.network.local_addresses import addresses_towards
from workstation.operations.dcmtk_commands import retrieve_command
from workstation.operations.node_quirks import NodeQuirks

NODE = Node(name="PACS", ae_title="PACS AET", host="10.0.0.5", port=104, retrieve=RetrieveMethod.GET)


def test_a_study_by_c_get() -> None:
    words = shlex.split(retrieve_command(NODE, Target("1.2"), 11112))
    assert words[:4] == ["getscu", "-v", "-S", "+B"]
    assert words[-2:] == ["10.0.0.5", "104"]
    assert words[words.index("-aec") + 1] == "PACS AET"
    assert "StudyInstanceUID=1.2" in words
    assert "QueryRetrieveLevel=STUDY" in words


def test_images_by_c_move_with_tls_and_without_the_passcode() -> None:
    node = Node(
        name="PACS",
        ae_title="PACS",
        host="host",
        port=2762,
        retrieve=RetrieveMethod.AUTOMATIC,
        tls=Tls(ca="ca.pem", certificate="c.pem", key="k.pem"),
        identity=Identity("doe", "secret"),
    )
    quirks = NodeQuirks()
    assert retrieve_command(node, Target("1.2"), 11112, quirks).startswith("getscu")
    quirks.offers_no_get(node)
    text = retrieve_command(node, Target("1.2", ("1.2.3",), ("1.2.3.4", "1.2.3.5")), 11112, quirks)
    words = shlex.split(text)
    assert words[0] == "movescu"
    assert words[words.index("+P") + 1] == "11112"
    assert "SOPInstanceUID=1.2.3.4\\1.2.3.5" in words
    assert words[words.index("+tls") + 1 : words.index("+tls") + 3] == ["k.pem", "c.pem"]
    assert "secret" not in text


def test_the_address_towards_this_computer() -> None:
    assert addresses_towards("127.0.0.1", 104) == ("127.0.0.1",)
    assert addresses_towards("", 0) in ((), ("127.0.0.1",), ("::1", "127.0.0.1"))
    assert addresses_towards("no such host", 104) == ()
