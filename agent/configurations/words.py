"""The words of many vendors' configurations that stand before a secret, between word and secret, and behind it. Data alone.

Written after command references and samples of Cisco IOS, Huawei VRP, H3C Comware, Ruijie RGOS, ZTE, Maipu, HPE ProCurve, Aruba,
FortiOS, RouterOS and FRR. A word too many masks something harmless; a word too few shows a secret.
"""

BEFORE = frozenset(
    {
        *("password", "passwd", "passphrase", "pass-phrase", "passcode", "pwd"),
        *("secret", "psksecret", "shared-secret", "shared-key", "encrypted-key", "encrypted-password"),
        *("psk", "pre-shared-key", "preshared-key", "pre-share-key", "wpa-psk", "wpa-passphrase", "wep-key", "set-key"),
        *("key", "key-string", "keystring", "key-octet-string", "authentication-key", "auth-key", "message-digest-key"),
        *("hmac-key", "private-key", "security-key", "enc-key", "master-key", "sharedkey", "login-password"),
        *("cipher", "simple", "irreversible-cipher", "plaintext", "ciphertext", "localizedkey"),
        *("md5", "sha", "sha1", "sha-1", "sha256", "sha-256", "sha2-256", "sha384", "sha512", "sha2-512", "sm3"),
        *("hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha-256", "hmac-sha-1", "authentication-string", "auth-pass"),
        *("authentication-password", "privacy-password", "encryption-password", "auth-password", "priv-password"),
        *(
            "auth-pwd",
            "priv-pwd",
            "cpwd",
            "epwd",
            "sha2",
            "sha-2",
            "area-password",
            "domain-password",
            "api-key",
            "passkey",
        ),
    }
)
"""What follows one of these is a secret."""

WITHIN = ("password", "passwd", "secret", "passphrase", "-key", "_key", "psk")
"""So it is behind a word that one of these is a part of, such as ``server-key``."""

TOLD_OPENLY = frozenset({"public-key", "trusted-key", "host-key", "password-encryption", "password-policy"})
"""Words of that kind that announce nothing secret."""

BETWEEN = frozenset(
    {
        *("cipher", "simple", "irreversible-cipher", "hash", "plaintext", "ciphertext", "plain", "clear", "text"),
        *("encrypted", "enc", "ascii", "hex", "hexadecimal", "raw-key", "string", "set-key", "key-string", "cleartext"),
        *("md5", "sha", "sha1", "sha-1", "sha256", "sha-256", "sha2-256", "sha384", "sha512", "sha2-512", "sm3"),
        *("hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha-256", "hmac-sha-1", "hmac-sha2-256", "key", "secret"),
        *("des", "des56", "3des", "3des168", "aes", "aes128", "aes192", "aes256", "aes-128", "aes-192", "aes-256"),
        *("128", "192", "256", "local", "remote", "read", "write", "ro", "rw", "super", "authentication", "accounting"),
        *("authentication-mode", "privacy-mode", "pass-phrase", "passphrase", "wpa", "wpa2", "config-key", "is", "="),
        *("sha2", "scrypt", "pbkdf2", "bcrypt", "manager", "operator", "login", "enable", "pap", "chap", "auth", "mac"),
    }
)
"""May stand between such a word and its secret."""

WEAK = frozenset(
    {
        *(
            "cipher",
            "simple",
            "plaintext",
            "ciphertext",
            "hmac-md5",
            "hmac-sha1",
            "hmac-sha256",
            "hmac-sha-256",
            "hmac-sha-1",
        ),
        *("md5", "sha", "sha1", "sha-1", "sha256", "sha-256", "sha2-256", "sha384", "sha512", "sha2-512", "sm3"),
    }
)
"""Of the words before a secret those that often stand last and announce none: ``hash md5``."""

WITH_ARGUMENT = frozenset(
    {"level", "role", "address", "hostname", "user-name", "user", "username", "local-user", "keyid", "key-id", "vrf"}
)
"""So may these, each with one word behind it that is no secret."""

TYPES = frozenset({*map(str, range(11)), "14", "15"})
"""Numbers that tell how a secret is written (IOS, RGOS) or which of several it is."""

BEHIND = frozenset(
    {
        *("ro", "rw", "rwrite", "view", "acl", "ipv6", "privilege", "level", "number", "address", "hostname", "weight"),
        *(
            "priv",
            "privacy-mode",
            "privacy",
            "encrypted",
            "access",
            "operator",
            "manager",
            "unrestricted",
            "restricted",
        ),
        *("aes", "tkip", "gcmp", "timeout", "retransmit", "port", "auth-port", "acct-port", "udp-port", "source-ip"),
        *("no-xauth", "localized", "vrf", "type", "role", "group", "service-type", "v1", "v2c", "v3", "version", "key"),
        *("trap", "traps", "standby", "primary", "secondary", "test-profile", "vpn-instance", "mode", "context", "oid"),
        *(
            "use-vrf",
            "engineid",
            "engine-id",
            "remote",
            "local",
            "domain",
            "template",
            "dot1x",
            "auth",
            "peer",
            "no-encrypt",
        ),
    }
)
"""May stand behind a secret; anything else behind it is taken for a part of it."""

HARMLESS = (
    r"\s*(?:undo |no )?(?:ip )?(?:ssh|stelnet|sftp) (?:server|client|version|user \S+ (?:authentication|service)-type)\b",
    r"\s*(?:no )?ntp (?:server|peer|trusted-key)\b(?!.*\bmd5\b)",
    r"\s*(?:no )?aaa (?:authentication|authorization|accounting)\b",
    r"\s*(?:no )?(?:service )?password-(?:encryption|policy|control|recovery)\b",
    r"\s*(?:no |undo )?(?:key chain|key-chain|keychain|crypto key|crypto ca|crypto pki trustpoint)\b",
    r"\s*(?:description|remark|alias|sysname|hostname|banner)\s",
    r"\s*authentication-mode (?:aaa|password|none|scheme)\s*$",
)
"""Lines in which such words announce no secret; their lines are taken as they are, but for what looks like one by itself."""
