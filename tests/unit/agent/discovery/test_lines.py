"""Entries put into a person's agent.yaml: nothing else of it changes, or nothing is written at all."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.lines import entry_line, with_entries
from campus.errors import ConfigError
from campus.newcomers import Newcomer, printable

ENTRY = "# H3C S5130\n- {id: sw-9, address: 10.20.1.9}"
FILES = {
    "block": "site: no-1\ndevices:\n  # floor 1\n  - id: sw-1   # ours\n    address: 10.20.1.1\n\n# the end\nbatch_s: 2\n",
    "rows": "site: no-1\ndevices:\n- {id: sw-1, address: 10.20.1.1}\n# the end\n",
    "last": "site: no-1\nbatch_s: 2\ndevices:\n    - {id: sw-1, address: 10.20.1.1}",
    "empty list": "site: no-1\ndevices: []   # none yet\nbatch_s: 2\n",
    "empty key": "site: no-1\ndevices:\nbatch_s: 2\n",
    "no key": "# ours\nsite: no-1\n",
    "nested": "devices:\n  - id: sw-1\n    address: 10.20.1.1\n    uplinks:\n      - GE0/1\n      - GE0/2\nmqtt_devices: []\n",
    "quoted": '"site": "no-1"\n"devices":\n  - {"id": "sw-1", "address": "10.20.1.1"}\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_entry_is_added_and_nothing_else_changes(text: str) -> None:
    after = with_entries(text, {"devices": [ENTRY], "mqtt_devices": []}, "agent.yaml")
    before, told = yaml.safe_load(text), yaml.safe_load(after)
    assert told == {**before, "devices": [*(before.get("devices") or []), {"id": "sw-9", "address": "10.20.1.9"}]}
    kept = [line for line in text.splitlines() if not line.startswith("devices")]
    assert [line for line in after.splitlines() if line in kept] == kept


def test_both_lists_are_added_to() -> None:
    after = with_entries(FILES["nested"], {"devices": [ENTRY], "mqtt_devices": ["# a\n- {id: board-1}"]}, "agent.yaml")
    assert [each["id"] for each in yaml.safe_load(after)["devices"]] == ["sw-1", "sw-9"]
    assert yaml.safe_load(after)["mqtt_devices"] == [{"id": "board-1"}]


@pytest.mark.parametrize(
    "text", ["site: no-1\ndevices: [{id: sw-1, address: 10.20.1.1}]\n", "x: &a\n  - {id: sw-1}\ndevices: *a\n"]
)
def test_a_file_that_cannot_be_added_to_safely_is_left_and_the_lines_are_told(text: str) -> None:
    with pytest.raises(ConfigError, match="sw-9"):
        with_entries(text, {"devices": [ENTRY]}, "agent.yaml")


texts = st.text(max_size=40)


@given(
    st.builds(
        Newcomer, key=st.just("k"), name=texts, vendor=texts, model=texts, serial=texts, room=texts, credential=texts
    )
)
def test_whatever_a_device_is_called_the_entry_is_one_line_of_yaml_that_says_so(device: Newcomer) -> None:
    text = entry_line("devices", "sw-9", device)
    assert len(text.splitlines()) == 2
    (entry,) = yaml.safe_load(text)
    assert entry["id"] == "sw-9"
    assert entry.get("name", "") == printable(device.name, 128)
