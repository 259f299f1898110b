"""Decides by the name of a value whether it is a secret.

A compound name means what its last word says: ``apiKey`` is a secret, ``apiKeyColumn``
is a column. The words were collected from DSS projects in git layout and the client,
from the deny list of detect-secrets 1.5, and from the documentation of the services
that DSS connects to.
"""

import re
from enum import Enum
from functools import lru_cache

from dataikuapi.iac.types.cleaning import KEYED_BY_COLUMN

__all__ = [
    "Meaning",
    "is_host",
    "is_keyed_by_column",
    "is_map_of_tokens",
    "meaning_of",
]


class Meaning(Enum):
    """What a name says of its value."""

    SETTING = "not a secret, whatever it is inside of"
    UNKNOWN = "nothing: only the value itself may show that it is a secret"
    ADDRESS = "a URL or connection string, part of which is a secret"
    HEADER = "a secret if it is text; the members of an object have their own names"
    SECRET = "a secret unless it is a number, such as a limit of tokens"
    PASSWORD = "a secret, even if it is a number"

    @property
    def is_secret(self) -> bool:
        """Whether the whole text is a secret."""
        return self in (Meaning.HEADER, Meaning.SECRET, Meaning.PASSWORD)


def _any(words: str) -> str:
    return "|".join(words.split())


# Last words that make a setting: tokenUrl, secretName, passwordPolicy.
_SETTING = _any("""
    age algorithms? algs? alias(?:es)? annotations? arns? at audience authentication
    backend based budgets? by cache charset checker claims? class cols? columns? comment
    complexity configured cost counter counts? days delimiters? descriptions? dir
    directory domain duration embeddings? enabled encod(?:er|ing) endpoints? engine env
    environment env_?var exchange expires_?(?:at|in|on) expir(?:y|ation|es) fields? file
    file_?name filters? flow folder format generator grants? groups? handler
    hash(?:er|ing) header help helper hint history hosts? hours identifiers? ids? in
    index interval issuer kind labels? last_?set length less lifetime limits? location
    managers? max maximum metadata methods? min minimum minutes modes? mount names?
    namespaces? on order owner param parameter paths? pattern placeholder placement
    policies policy port position prefix price profiles? projects? prompt property
    providers? rate ratio realm references? refresh refs? regex region required reset
    resources? ring roles? rotation rules? scheme scopes? seconds selectors? separators?
    sets? sizes? source stat(?:e|us) store strategy strength suffix support tags?
    templates? tenants? timeout title ttl types? ur[il]s? usages? validat(?:or|ion)
    validity var variable vaults? versions? visibility vocab(?:ulary)? weights? zone
    """)

# Last words that make a setting of a compound name: apiKeyUser. In an object named
# "credentials", a user may be half of the secret.
_COMPOUND_SETTING = _any("accounts? emails? login principals? user_?names? users?")

# Last words that make a setting after "token", which may be a word of a language.
_TOKEN_SETTING = _any("""
    bucket case chunks? cleaning language model normalization overlap server service
    split splitter window
    """)

# First words that make a switch or a number: useToken, maxTokens.
_SWITCH = _any("""
    allow can count disable enable force has hide is max min must need needs num
    remember require required requires should show stop total use uses
    """)

_PASSWORD = _any("""
    pass_?w(?:or)?[dt] passw[oö]rt pass_?phrase pass_?code kennwort geheimnis
    mot_?de_?passe contrase[nñ]a senha wachtwoord lösenord salasana lozinka пароль
    パスワード 密码 口令 비밀번호 secret(?!ar) pin_?code pin_?number pwd
    """)
_PASSWORD_AT_END = _any("""
    mdp psk pepper seed_?phrase t?otp_seed totp cv[cv] mnemonic
    (?:access|activation|auth|authorization|backup|recovery|security)_codes?
    recovery_phrase security_answers? verification_codes? has[lł]o heslo
    """)
# dbPass and userPin are secrets; low_pass is a filter, and mapPin is on a map.
_OWNER = _any("""
    admin api app auth bind client database db email ftp hive http https jdbc jks kafka
    key key_?store ks ldap login mail mongo my mysql oracle pfx pg postgres proxy redis
    root sap service sftp smtp snowflake sql ssh store svc sys system trust_?store ts
    user usr vpn wifi
    """)

# apiTokens are secrets; tokens may be words.
_AUTHENTICATION = _any("""
    access api auth bearer bot client deploy identity id login oauth2? personal refresh
    sas secret security service session user
    """)
# The [PAD] and [MASK] of language models, what splits a text, and pages of a listing.
_SPECIAL_TOKEN = _any("""
    begin bos cancel cancellation class cls continuation cursor decoder_start delimiter
    end eos first image last mask missing next null pad page per prefix resume sep
    separator special start stop suffix sync unk unknown
    """)

# Most keys are not secrets (projectKey, partitionKey). These are, in one word too.
_LONG_KEY = _any("""
    access account api decryption encryption master private secret shared signing
    storage subscription
    """)
_KEY = _any("""
    activation admin aes airtable algolia anthropic apim app application auth
    authentication authorization aws azure bot certificate cipher claude client
    cognitive cohere consumer cookie cosmos(?:_?db)? crypto databricks datadog decrypt
    deepl deepseek deploy deployment dynatrace elastic encrypt event_?hubs? fernet
    function functions gcp github gitlab google googlemaps gpg grafana groq hf hmac
    hubspot huggingface ingest ingestion instrumentation integration iot(?:_hub)? jwt
    licen[cs]e llm mailchimp mailgun mapbox maps mistral my new_?relic notion nvidia
    open_?ai open_?weather(?:_?map)? opsgenie pagerduty pem perplexity pgp pinecone
    pre_?shared priv putty query rsa salesforce sas security sendgrid serp server
    service service_account service_?bus session sign slack snowflake snyk sonar speech
    ssh ssl stripe symmetric tavily telegram tls translator twilio unseal voyage webhook
    wrapping write zendesk
    """)

# Words for a key in other languages, which are none without what the key opens.
_FOREIGN_KEY = _any("chave chiave clave cl[eé]f? schl(?:ü|ue|u)ssel sleutel")
_OPENED = _any("acc[eè]s acces+o api priv(?:[ée]e|ada|ata) secr[eè](?:t[ae]|te)")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_STEM = rf"(?:{_PASSWORD}|token|api_?key|(?:{_LONG_KEY})_?key|credential|auth)s?"
_IS_SETTING = re.compile(
    rf"(?:^|_)(?:{_SETTING})(?:_?\d+)*$|{_STEM}(?:{_SETTING})$"
    rf"|_(?:{_COMPOUND_SETTING})$"
    rf"|token_?(?:{_TOKEN_SETTING})$|^(?:{_SWITCH})_"
)
_IS_ADDRESS = re.compile(
    r"(?:^|_)sas_?(?:ur[il]|link)$|hook_?ur[il]$"
    r"|(?:web|slack|teams|discord|chat|incoming)_?hooks?"
    r"(?:_?(?:ur[il]|link|address|endpoint))?s?$"
    r"|(?:^|_)conn(?:ection)?_?str(?:ing)?s?$"
)
_IS_PASSWORD = re.compile(
    rf"{_PASSWORD}|(?:^|_)(?:{_PASSWORD_AT_END})$"
    rf"|(?:^|_)pw$|^(?:pin|otp)$|(?:^|_)(?:{_OWNER})_?(?:pass|pw|pin|otp)$"
    r"|(?:^|_)cert(?:ificate)?_?(?:pass|pw)$"
)
_NOT_TOKEN = re.compile(rf"(?:^|_)(?:{_SPECIAL_TOKEN})_tokens?(?:_|$)")
_IS_SECRET = re.compile(
    rf"token(?!s(?:_|$)|i[sz])|(?:^|_)(?:{_AUTHENTICATION})_?tokens(?:_|$)|credential"
    rf"|(?:{_LONG_KEY})_?keys?(?:_|$)|(?:^|_)(?:{_KEY})_?keys?(?:_|$)"
    rf"|(?:^|_)(?:{_FOREIGN_KEY})_?(?:d[aeio]?_)?(?:{_OPENED})$"
    rf"|(?:^|_)(?:{_OPENED})_?(?:{_FOREIGN_KEY})$"
    r"|(?:^|_)kube_?config$|docker_?config_?json|key(?:file)?_json|json_key"
    r"|service_account_json|htpasswd|pgpass|(?:^|_)creds?$|docker_?cfg$"
    r"|(?:client|jwt|saml)_?assertion$|saml_?response$|private_?pem$"
    r"|(?:^|_)(?:keytab|jks|key_?store|trust_?store|pfx|p_?12|pkcs_?12|ppk)"
    r"_(?:b64|base_?64|bytes|content|data)$"
    r"|(?:^|_)(?:cookies|session_?cookie|j_?session_?id|php_?sess_?id)$|^pass$"
)
_IS_HEADER = re.compile(
    r"authorization$|(?:^|_)(?:auth|sig|bearer|cookie|jwt|sas|pat|hmac|csrf|xsrf)$"
    r"|^(?!e?_?mail|function|method|model|type)\w*?signature$"
)
# Columns, and other words that users choose: titles of parameters, labels of fields.
_IS_KEYED_BY_COLUMN = re.compile(
    r"(?:^|_)(?:cols?|columns?|features?|dtypes?|field_(?:types|names|formats)"
    r"|renam\w+|mappings?|replacements|aggregations?|colors|comments|descriptions"
    r"|formats|labels|meanings|roles|titles|tooltips|translations|types|units|widths)"
    r"(?:_|$)"
)


_IS_TOKENS = re.compile(r"(?:^|_)tokens$")
_IS_HOST = re.compile(
    r"(?:^|_)(?:address(?:es)?|brokers?|endpoints?|host_?names?|hosts?|servers?)$"
)


@lru_cache(maxsize=8192)
def meaning_of(name: str) -> Meaning:
    """Return what a name says of its value.

    Args:
        name: in any spelling: ``apiKey``, ``api_key``, ``X-API-KEY``, ``API key``.
    """
    words = _words(name)
    if _IS_ADDRESS.search(words):
        return Meaning.ADDRESS
    if _IS_SETTING.search(words):
        return Meaning.SETTING
    if _IS_PASSWORD.search(words):
        return Meaning.PASSWORD
    if _IS_SECRET.search(words) and not _NOT_TOKEN.search(words):
        return Meaning.SECRET
    return Meaning.HEADER if _IS_HEADER.search(words) else Meaning.UNKNOWN


@lru_cache(maxsize=8192)
def is_keyed_by_column(name: str) -> bool:
    """Return whether the keys of the object under a name are names of columns.

    Such a key says nothing of its value, and neither does the name of an item if there
    is a list under the name.
    """
    return name in KEYED_BY_COLUMN or bool(_IS_KEYED_BY_COLUMN.search(_words(name)))


@lru_cache(maxsize=8192)
def is_map_of_tokens(name: str) -> bool:
    """Return whether the values of an object under a name may be tokens.

    They may be words as well, as those of a language model are.
    """
    words = _words(name)
    return bool(_IS_TOKENS.search(words)) and not _NOT_TOKEN.search(words)


@lru_cache(maxsize=8192)
def is_host(name: str) -> bool:
    """Return whether hosts are under a name; there may be a login before each."""
    return _IS_HOST.search(_words(name)) is not None


def _words(name: str) -> str:
    return "_".join(_WORD.findall(name)).lower()
