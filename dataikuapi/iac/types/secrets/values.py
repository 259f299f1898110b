"""Recognizes values that are not secrets although their names are those of secrets."""

import re

from dataikuapi.iac.types.secrets.names import Meaning

__all__ = ["is_placeholder", "is_setting"]

# How DSS and its plugins say where a secret is from or that there is none, names of
# authentication schemes, and types of columns, since a column may be named "password".
_CONSTANTS = frozenset("""
    none null nil false true yes no on off all any default auto automatic manual custom
    inherit inherited global local shared personal project instance inline preset user
    per_user user_credentials current_user owner login api anonymous public private
    enabled disabled required optional always never ask prompt input hidden masked
    empty undefined unset basic bearer digest negotiate ntlm kerberos spnego ldap saml
    oauth oauth1 oauth2 oidc jwt mtls sso iam environment env file vault keyring
    keychain readers writers read-only read-write read_only read_write admins everybody
    authenticated allow deny read write reject target weight string text varchar char
    int integer bigint smallint tinyint long short float double decimal number numeric
    boolean bool date datetime timestamp dateonly datetimenotz binary array map object
    geopoint geometry vector category categorical continuous nominal ordinal first last
    count sum avg min max concat distinct
    """.split())

# Of more names of schemes, some may be passwords.
_SCHEMES = frozenset("""
    access_token api-key api_key apikey assume_role basic_auth bearer_token body
    certificate client_credentials client_secret cookie header instance_profile key
    managed_identity msi param password personal_access_token query role secret
    service_account sts token web_identity workload_identity x509
    """.split())

# USER_CREDENTIALS, OAUTH2_CLIENT_CREDENTIALS: a random token has digits, or no "_".
_ENUM = re.compile(
    r"(?=.{5,40}$)[A-Z]{2,}(?:_[A-Z]{2,}){1,4}|OAUTH2(?:_[A-Z]{2,}){0,4}"
)
_ALGORITHM = re.compile(
    r"(?:HMAC|AWS4?|RSA|ECDSA|PBKDF2)?[-_]?(?:WITH)?[-_]?"
    r"(?:SHA|RS|ES|HS|PS|AES|MD|ED|S3V|SIGV|V)[-_]?\d{1,5}(?:[-_][A-Z0-9]{1,6})?",
    re.IGNORECASE,
)

# Where a secret is stored. If another one is used, that has to show.
_REFERENCE = re.compile(
    r"(?:(?i:bearer|basic|token) )?(?:\$\{[^{}]+\}|\{\{[^{}]+\}\})"
    r"|arn:[\w-]+:[\w-]+:[^\s]*"
    r"|alias/\S+|projects/[^/\s]+/(?:secrets|locations)/\S+|@Microsoft\.KeyVault\(.*\)"
    r"|(?:vault|secret|secretsmanager|ssm|keyvault|op)://\S+"
)
_PLACEHOLDER = re.compile(
    r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{\w*\}|<[^<>]*>|%[A-Z_][A-Z0-9_]*%|%s|%\(\w+\)s|\?"
    r"|\$[A-Z_][A-Z0-9_]*|\$\(.*|\*+|[xX]{3,}|\.{3}|…|•+|:[a-z_]+"
)


# The path of a file that has the secret.
_KEY_FILE = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w. -]+)+"
    r"\.(?:asc|cer|crt|der|env|gpg|jks|json|key|keytab|p12|pem|pfx|ppk|properties|txt)"
)


def is_setting(text: str, meaning: Meaning) -> bool:
    """Return whether a text is a setting, or says where the secret is stored.

    Args:
        text: the value.
        meaning: what its name says. Of a password, less is taken for a setting.
    """
    if text.lower() in _CONSTANTS or _REFERENCE.fullmatch(text):
        return True
    if meaning is Meaning.PASSWORD:
        return False
    if text.lower() in _SCHEMES:
        return True
    return any(form.fullmatch(text) for form in (_ENUM, _ALGORITHM, _KEY_FILE))


def is_placeholder(text: str) -> bool:
    """Return whether a text stands for a secret, e.g. ``${password}`` in a URL."""
    return text.lower() in _CONSTANTS or _PLACEHOLDER.fullmatch(text) is not None
