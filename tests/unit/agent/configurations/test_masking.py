"""No secret of a configuration leaves the school: line by line in the syntaxes of many vendors, and of generated ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configurations.masking import masked, masker
from agent.configurations.words import BEFORE, BEHIND, BETWEEN, WITH_ARGUMENT

MASK = masker(b"a key of the school", "sw-1")
SECRET = "Zq7xVerySecretW"

LINES = {
    # § stands for the secret, §2 for a second one in the same line.
    "Cisco IOS": """
enable secret 5 $1$mERr$§
enable secret 9 $9$§
enable secret 8 $8$§.abc
enable secret level 15 5 $1$abcd$§
enable password 7 §
enable password §
enable password level 7 7 §
username admin privilege 15 secret 5 $1$mERr$§
username admin secret §
username admin password 7 §
username secret password 0 §
username oper privilege 1 algorithm-type scrypt secret §
snmp-server community § RO 10
snmp-server community § view all RW SNMP-ACL
snmp-server host 10.1.1.1 version 2c §
snmp-server host 10.1.1.1 §
snmp-server host 10.1.1.1 traps version 2c § udp-port 1162
snmp-server host 10.1.1.1 vrf mgmt informs version 2c § snmp
snmp-server user nms GRP v3 auth md5 § priv des56 §2
snmp-server user nms GRP v3 encrypted auth sha § priv aes 128 §2
tacacs-server key 7 §
tacacs-server host 10.1.1.1 key §
 key 7 §
 server-private 10.1.1.1 timeout 5 key 7 §
radius-server host 10.1.1.1 auth-port 1812 acct-port 1813 key §
radius-server key 7 §
 pac key 7 §
 wpa-psk ascii 0 §
crypto isakmp key § address 10.1.1.1
crypto isakmp key 6 § hostname peer.example
 pre-shared-key address 10.1.1.1 key §
 pre-shared-key §
 pre-shared-key local §
 pre-shared-key remote 6 §
 key-string 7 §
 key-string §
 ip ospf message-digest-key 1 md5 7 §
 ip ospf authentication-key §
 neighbor 10.1.1.1 password 7 §
 standby 1 authentication §
 standby 1 authentication md5 key-string 7 §
 vrrp 1 authentication text §
ntp authentication-key 1 md5 § 7
 ppp chap password 7 §
 ppp pap sent-username school password 7 §
ip ftp password 7 §
vtp password §
 path ftp://backup:§@10.1.1.1/configs
ip http client password 0 § two words
key config-key password-encrypt §
 isis password §
 area-password §
 domain-password §
 authentication mode hmac-sha-256 7 §
 ip nhrp authentication §
 client 10.1.1.1 server-key 7 §
snmp-server host 10.1.1.1 traps version 2 §
encrypted snmp-server user nms GRP v3 auth sha § priv §2
snmp-server user nms GRP v3 auth sha2 256 § priv aes 256 §2 access 10
snmp mib community-map § engineid 80000009
rmon event 1 log trap § description x owner y
""",
    "Cisco NX-OS": """
snmp-server user admin network-admin auth md5 0x§ priv 0x§2 localizedkey
snmp-server user admin auth sha § priv aes-128 §2 engineID 1:2:3
snmp-server user admin auth sha § priv §2
    authentication text §
""",
    "TP-Link": """
snmp-server user nms remote GRP smode v3 slev authPriv cmode SHA cpwd § emode AES epwd §2
snmp-server host 10.1.1.1 162 "§" smode v2c slev noAuthNoPriv type trap
""",
    "Huawei VRP": """
snmp-agent target-host host-name nms trap address udp-domain 10.1.1.1 vpn-instance m params securityname § v2c
snmp-agent target-host trap-paramsname a trap-hostname b v2c securityname §
 wlan ap-auth ap-password §
 local-user admin password irreversible-cipher $1a$§$
 local-user admin password irreversible-cipher $1c$g8wLJ`LjL!$CyE(V{3§
 local-user admin password cipher %^%#§"'|with<quote%^%#
 local-user admin password cipher %@%@§12345%@%@
 local-user admin password cipher § privilege level 15
 set authentication password cipher %$%$§12345%$%$
 super password level 3 cipher §
 super password cipher §
snmp-agent community read cipher %^%#§12345%^%#
snmp-agent community write §
snmp-agent community read § mib-view all acl 2001
snmp-agent target-host trap address udp-domain 10.1.1.1 params securityname § v2c
snmp-agent target-host trap address udp-domain 10.1.1.1 params securityname cipher %^%#§12345%^%# v2c
snmp-agent usm-user v3 nms authentication-mode sha cipher %^%#§12345%^%#
snmp-agent usm-user v3 nms group g authentication-mode md5 § privacy-mode aes128 §2
 radius-server shared-key cipher §
 hwtacacs-server shared-key cipher §
 ospf authentication-mode md5 1 cipher §
 ospf authentication-mode simple cipher §
 ospf authentication-mode md5 1 plain §
 peer 10.1.1.1 password cipher §
 peer 10.1.1.1 password simple §
 ntp-service authentication-keyid 1 authentication-mode md5 cipher §
 vrrp vrid 1 authentication-mode md5 §
 vrrp vrid 1 authentication-mode simple cipher §
 security wpa-wpa2 psk pass-phrase %^%#§12345%^%# aes
 security wpa2 psk pass-phrase § aes
 wep key 0 wep-40 pass-phrase 0 §
 pre-shared-key cipher §
 pre-shared-key simple §
 shared-key cipher %^%#§12345%^%#
 ppp chap password cipher §
 isis authentication-mode md5 cipher §
 web-auth-server portal shared-key cipher §
""",
    "H3C Comware": """
 password hash $h$6$§
 password cipher $c$3$§==
 password simple §
super password role network-admin hash $h$6$§
super password level 3 simple §
snmp-agent community read §
snmp-agent community write simple §
snmp-agent community read cipher $c$3$§
snmp-agent target-host trap address udp-domain 10.1.1.1 udp-port 162 params securityname § v2c
snmp-agent usm-user v3 nms g simple authentication-mode sha § privacy-mode aes128 §2
 key authentication simple §
 key accounting cipher $c$3$§
 primary authentication 10.1.1.1 key cipher $c$3$§
 primary authentication 10.1.1.1 1812 key simple § weight 50
 set authentication password hash $h$6$§
 preshared-key pass-phrase cipher §
 preshared-key pass-phrase simple §
 pre-shared-key address 10.1.1.1 255.255.255.255 key cipher §
 ospf authentication-mode md5 1 cipher $c$3$§
 vrrp vrid 1 authentication-mode md5 cipher §
""",
    "Ruijie RGOS": """
enable secret 5 $1$yLhr$§
enable secret 8 $5$§
enable password 7 §
username admin password 7 §
username admin privilege 15 password 7 §
snmp-server community 7 § rw
snmp-server host 10.1.1.1 traps version 2c 7 §
radius-server host 10.1.1.1 key 7 §
webmaster level 0 username admin password 7 §
 security rsn psk set-key ascii §
 security wpa psk set-key hex §
 password 7 §
""",
    "ProCurve and Aruba": """
password manager user-name "admin" plaintext "§"
password manager user-name "admin" sha1 "§"
password operator plaintext "§ with spaces"
snmp-server community "§" operator unrestricted
snmp-server community "§" restricted
snmpv3 community index "1" name "§" sec-name "ro"
radius-server host 10.1.1.1 key "§"
radius-server host 10.1.1.1 encrypted-key "§"
tacacs-server key "§"
user admin group administrators password ciphertext §
radius-server host 10.1.1.1 key ciphertext § vrf mgmt
    wpa-passphrase §
""",
    "FortiOS and RouterOS": """
        set password ENC §
        set passwd ENC §==
        set psksecret ENC §
        set passphrase ENC §
        set secret ENC §
        set auth-pwd ENC §
        set sae-password ENC §
        set secondary-secret ENC §
        set key2 ENC §
        set private-key "-----BEGIN RSA PRIVATE KEY----- § -----END RSA PRIVATE KEY-----"
/ppp secret add name=vpn password="§ with spaces" service=l2tp
add authentication-types=wpa2-psk wpa2-pre-shared-key=§ supplicant-identity=""
set authentication-password=§ encryption-password="§2"
add address=10.1.1.1 secret=§ service=login
""",
    "FRR": """
password §
password 8 §
enable password §
 neighbor 10.1.1.1 password §
 ip ospf message-digest-key 1 md5 §
 ip ospf authentication-key §
 key-string §
 domain-password clear §
 area-password md5 §
 isis password clear §
 ip rip authentication string §
""",
}
TEMPLATES = [line for text in LINES.values() for line in text.strip("\n").splitlines()]
HARMLESS = """
service password-encryption
no enable password
aaa authentication login default group tacacs+ local enable
ip ssh version 2
ip ssh server algorithm mac hmac-sha2-256
ssh server cipher aes256_ctr aes128_ctr
ssh user admin authentication-type password
 authentication-mode aaa
 authentication-mode password
 authentication pre-share
 hash sha256
 encryption aes 256
ntp server 10.1.1.1 key 5
ntp trusted-key 5
key chain OSPF
interface GigabitEthernet0/0/1
 description trunk to the key room
 port trunk allow-pass vlan 2 to 4094
 ip address 10.1.2.3 255.255.255.0
snmp-server location 3rd floor
snmp-server enable traps snmp authentication linkdown linkup coldstart
snmp-agent community complexity-check disable
router bgp 65001
 neighbor 10.1.1.1 send-community both
 set community 65001:100 additive
########## school no. 1 ##########
"""


def filled(template: str, *secrets: str) -> str:
    """A line with its secrets in their places."""
    for mark, secret in zip(("§2", "§"), reversed(secrets[:2] if "§2" in template else [secrets[0]] * 2), strict=True):
        template = template.replace(mark, secret)
    return template


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_secret_survives_in_a_vendors_syntax(template: str) -> None:
    told = masked(filled(template, SECRET, "Other99Secret"), MASK)
    assert "<masked:" in told
    assert SECRET not in told
    assert "Other99Secret" not in told


def test_there_are_many_syntaxes() -> None:
    assert len(LINES) >= 7
    assert len(TEMPLATES) > 140


@pytest.mark.parametrize("line", HARMLESS.strip("\n").splitlines())
def test_what_is_no_secret_is_left_readable(line: str) -> None:
    assert masked(line, MASK) == line


KNOWN = " ".join([*BEFORE, *BETWEEN, *BEHIND, *WITH_ARGUMENT, *TEMPLATES]).lower()
"""A password that is a piece of this cannot be told from the command around it, by the test least of all."""
PASSWORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=6, max_size=30
).filter(lambda text: any(each.isalpha() for each in text) and text.lower() not in KNOWN)


@given(st.lists(st.tuples(st.sampled_from(TEMPLATES), PASSWORDS, PASSWORDS), min_size=1, max_size=12))
def test_no_known_secret_of_a_generated_configuration_survives(lines: list[tuple[str, str, str]]) -> None:
    told = masked("\n".join(filled(*line) for line in lines), MASK)
    without_masks = re.sub(r"<masked:[0-9a-f]{8}>", "", told)
    for _, *secrets in lines:
        assert not any(secret in without_masks for secret in secrets)


def test_a_changed_secret_shows_as_a_change_and_the_same_one_does_not() -> None:
    first, again, changed = (
        masked(f"enable password {word}", MASK) for word in ("one-Word1", "one-Word1", "other-Word2")
    )
    assert first == again != changed


def test_the_same_secret_cannot_be_recognised_in_another_device_or_school() -> None:
    masks = {masker(key, device)("public") for key in (b"one", b"two") for device in ("sw-1", "sw-2")}
    assert len(masks) == 4


def test_keys_and_certificates_become_one_line_each() -> None:
    text = """crypto pki certificate chain TP-self-signed-1
 certificate self-signed 01
  3082022B 30820194 A0030201 02020101 300D0609 2A864886 F70D0101 05050030
  31312F30 2D060355 04031326 494F532D 53656C66 2D536967 6E65642D 43657274
  0A1B2C
  \tquit
    set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIFHzBJBgkqhkiG9w0BBQ0wPDAbBgkqhkiG9w0BBQwwDgQI
-----END ENCRYPTED PRIVATE KEY-----"
interface Vlan1"""
    told = masked(text, MASK).splitlines()
    assert [re.sub("[0-9a-f]{8}", "*", line) for line in told] == [
        "crypto pki certificate chain TP-self-signed-1",
        " certificate self-signed 01",
        "  <masked:*>",
        "  \tquit",
        "    set private-key",
        "<masked:*>",
        "interface Vlan1",
    ]


def test_a_community_that_is_only_a_name_is_known_by_its_section() -> None:
    fortinet = f'config system snmp community\n    edit 1\n        set name "{SECRET}"\n    next\nend\nconfig x\n    set name "y"'
    routeros = f"/snmp community\nset [ find default=yes ] name={SECRET}\n/interface vlan\nadd name=vlan10 vlan-id=10"
    for text, kept in ((fortinet, 'set name "y"'), (routeros, "add name=vlan10 vlan-id=10")):
        told = masked(text, MASK)
        assert SECRET not in told
        assert kept in told


@pytest.mark.parametrize(
    "wrapped",
    [
        f"/ppp secret\nadd name=vpn password=\\\n    {SECRET} service=l2tp",
        f'/interface wifi security\nadd passphrase="{SECRET[:7]}\\\n    {SECRET[7:]}" name=x',
        f'/snmp community\nadd addresses=::/0 name="{SECRET} {SECRET}"',
        f"/snmp community\nset [ find default=yes ] addresses=::/0 \\\n    name={SECRET}",
    ],
)
def test_no_secret_survives_where_routeros_breaks_a_line(wrapped: str) -> None:
    told = masked(wrapped, MASK)
    assert "<masked:" in told
    assert SECRET not in told
    assert SECRET[7:] not in told


def test_the_number_of_a_key_in_a_chain_is_none() -> None:
    assert masked("key chain OSPF\n key 1\n  key-string 7 0822455D0A16", MASK).splitlines()[:2] == [
        "key chain OSPF",
        " key 1",
    ]
    assert "12345678" not in masked("radius server one\n key 12345678", MASK)


def test_a_profile_may_name_more_secrets() -> None:
    told = masked(f"door opens with {SECRET} at night", MASK, [re.compile(r"opens with (\S+)")])
    assert told == f"door opens with {MASK(SECRET)} at night"


@given(st.text(max_size=400))
def test_anything_is_masked_without_an_error_and_keeps_its_order(text: str) -> None:
    masked(text, MASK)


@pytest.mark.parametrize(
    "line",
    [
        "A" * 9_000 + "g",
        "AB " * 3_000 + "g",
        "password " * 1_000,
        "%@%@" * 2_000,
        "vrrp authentication " * 400,
        'key "' * 1_500,
        "snmp-server host 10.1.1.1 " + "vrf a " * 1_500,
        "x" * 2_000_000,
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_line_that_was_made_to_take_long_does_not(line: str) -> None:
    assert masked(line, MASK)
