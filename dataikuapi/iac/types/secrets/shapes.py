"""Finds secrets with a format of their own: tokens, private keys, webhooks.

The formats are those of the rules of detect-secrets 1.5 (Apache 2.0) and gitleaks 8
(MIT), and of the documentation of the issuers. If an ordinary word could have the
format, a digit is required.
"""

import re
from collections.abc import Iterator

__all__ = ["Span", "find_hooks", "find_private_keys", "find_tokens"]

Span = tuple[int, int]
"""Start and end of a secret in a text."""

_TOKENS = r"""
    gh[pousr]_[A-Za-z0-9_]{16,} | github_pat_\w{16,}                     # GitHub
    | gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas|rtr|ffct)-[\w.-]{16,} # GitLab
    | GR1348941[\w-]{16,} | ATBB[A-Za-z0-9]{24,}
    | sk-(?=[\w-]{0,40}[A-Za-z0-9]{12})(?=[\w-]{0,60}\d)[\w-]{16,}       # OpenAI et al.
    | sess-[A-Za-z0-9]{40} | sk_[0-9a-f]{40,} | csk-[A-Za-z0-9]{40,}
    | xai-[A-Za-z0-9]{20,} | gsk_[A-Za-z0-9]{20,} | r8_[A-Za-z0-9]{20,}
    | pplx-[A-Za-z0-9]{20,} | nvapi-[\w-]{20,} | hf_[A-Za-z0-9]{20,}
    | lsv2_(?:pt|sk)_\w{16,} | pcsk_\w{20,} | tvly-[\w-]{16,}
    | tgp_v1_[\w-]{30,} | fw_[A-Za-z0-9]{22,} | jina_[A-Za-z0-9]{40,}
    | ABSK[A-Za-z0-9+/=]{40,}                                            # AWS Bedrock
    | xox[a-z]-[\w-]{10,} | xapp-[\w-]{10,} | xoxe\.xox[bp]-[\w-]{10,}   # Slack
    | AIza[\w-]{30,} | ya29\.[\w.-]{10,} | GOCSPX-[\w-]{16,}             # Google
    | 1//0[\w-]{30,} | AAAA[\w-]{7}:[\w-]{100,}
    | eyJ[\w-]{5,}={0,2}\.[\w-]{5,}(?:\.[\w-]*){0,3} | eyJhbGciOi[\w-]{10,} # JWT
    | (?:sk|rk)_(?:live|test)_\w{10,} | whsec_[A-Za-z0-9+/=]{16,}        # Stripe
    | [A-Za-z0-9+/]{86}==                                                # Azure
    | [\w~.-]{3}\dQ~[\w~.-]{31,34}
    | [A-Za-z0-9+/]{33}(?:AIoT|AzCa|\+(?:AEh|ARm|ASb))[A-P][A-Za-z0-9+/]{5}=
    | [A-Za-z0-9+/]{42}(?:AzSe|\+ACR)[A-D][A-Za-z0-9]{5} | [\w-]{44}AzFu[\w-]{6}==
    | [A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4} | [A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{10,}
    | SG\.[\w-]{16,}\.[\w-]{16,} | SK[0-9a-f]{32} | key-[0-9a-f]{32}     # mail, SMS
    | [0-9a-f]{32}-us\d{1,2} | xkeysib-[0-9a-f]{40,}[\w-]*
    | npm_[A-Za-z0-9]{30,} | pypi-AgE[\w-]{20,} | rubygems_[0-9a-f]{40,} # packages
    | dckr_pat_[\w-]{16,} | AKCp[A-Za-z0-9]{10,} | cmVmdGtu[A-Za-z0-9]{40,}
    | oy2[a-z0-9]{43} | CLOJARS_[0-9a-f]{60} | cio(?=\w{0,30}\d)[A-Za-z0-9]{32}
    | dku[a-z]{2,4}-[\w-]{16,}                                           # Dataiku
    | dbt[cus]_(?=\w{0,40}\d)[A-Za-z0-9]{32,}                            # data
    | (?:dapi|dose)[0-9a-f]{32}(?:-\d)? | cflt[A-Za-z0-9+/]{40,} | PLAK[0-9a-f]{32}
    | pscale_(?:tkn|pw|oauth)_[\w.-]{32,} | napi_(?=\w{0,60}\d)[A-Za-z0-9]{40,}
    | dop_v1_\w{20,} | do[or]_v1_\w{20,} | pnu_[A-Za-z0-9]{36}           # clouds
    | sha256~[\w-]{43} | tskey-[a-z]{3,12}-[\w-]{20,} | rnd_[A-Za-z0-9]{28,}
    | v1\.0-[0-9a-f]{24}-[0-9a-f]{100,} | nf[a-z]_[A-Za-z0-9]{36,} | y[0-3]_[\w-]{40,}
    | AQVN[\w-]{35,} | s\.(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])[A-Za-z0-9]{24}(?!\w)
    | shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{20,} | sq0(?:atp|csp)-[\w-]{20,}
    | hv[sb]\.[\w-]{20,} | [A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,} | fm2_[\w+/=]{20,}
    | dp\.(?:pt|st|sa|ct|scim|audit)\.(?:[\w-]{1,40}\.)?[A-Za-z0-9]{20,}
    | pul-[0-9a-f]{40} | glsa_\w{20,} | glc_[\w+/=]{20,}
    | eyJrIjoi[A-Za-z0-9+/]{60,}={0,2}
    | NRAK-[A-Z0-9]{20,} | NR(?:II|JS)-[\w-]{19,} | PMAK-[\w-]{20,}
    | sq[apu]_[0-9a-f]{40} | sgp_(?:\w{1,20}_)?[0-9a-f]{40} | bkua_[0-9a-f]{40}
    | CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}
    | [ps]at\.[\w-]{22}\.\w{24}\.\w{20}
    | sntry[su]_[\w+/=-]{20,} | phx_\w{20,} | sbp_[0-9a-f]{40} | sb_secret_[\w-]{16,}
    | lin_api_\w{20,} | ntn_\w{20,} | figd_[\w-]{20,} | pat\w{14}\.[0-9a-f]{64}
    | secret_(?=\w{0,42}\d)(?=\w{0,42}[A-Z])[A-Za-z0-9]{43} | CFPAT-[\w-]{40,}
    | pat-[a-z]{2}\d-[0-9a-f-]{36} | [01]/\d{15,17}:[0-9a-f]{32} | tfp_[\w.-]{40,}
    | rdme_\w{60,} | fio-u-[\w-]{60,} | sl\.(?=[\w-]{0,60}\d)[\w-]{100,}
    | re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24} | aio_(?=\w{0,28}\d)[A-Za-z0-9]{28}(?!\w)
    | EZ[AT]K(?=\w{0,54}\d)[A-Za-z0-9]{54} | duffel_(?:live|test)_[\w-]{40,}
    | FLWSECK(?:_TEST)?-[0-9a-fA-F]{12,}-X | shippo_(?:live|test)_[0-9a-f]{40}
    | access-(?:development|production|sandbox)-[0-9a-f-]{36}            # payments
    | EAAA[\w-]{60,}
    | EAACEdEose0cBA[A-Za-z0-9]{10,} | A{21,22}[A-Za-z0-9%]{40,}       # social
    | AT[AC]TT3[\w=-]{20,} | AGE-SECRET-KEY-1[0-9A-Z]{20,} | HRKU-[\w-]{30,}
    | \d{8,10}:AA[\w-]{33} | [MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}     # chat bots
    """
_TOKEN = re.compile(rf"(?<![A-Za-z0-9_])(?:{_TOKENS})", re.VERBOSE)

# A secret access key of AWS looks like any base64, so it has to be beside its id.
_AWS_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_AWS_KEY = re.compile(
    r"(?<![A-Za-z0-9/+=])(?![0-9a-f]{40})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----.*?"
    r"(?:---- END SSH2 ENCRYPTED PRIVATE KEY ----|\Z)"
    r"|PuTTY-User-Key-File-\d.*\Z",
    re.DOTALL,
)

_REST = r"[^\s\"'<>,;)\]}]+"
_HOOKS = (
    rf"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/({_REST})",
    rf"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\w+/({_REST})",
    rf"\.webhook\.office(?:365)?\.com/webhookb?2?/({_REST})",
    rf"outlook\.office(?:365)?\.com/webhook/({_REST})",
    rf"hooks\.zapier\.com/hooks/(?:catch|standard)/({_REST})",
    rf"maker\.ifttt\.com/trigger/[^\s/]{{1,100}}/(?:json/)?with/key/({_REST})",
    r"api\.telegram\.org/(?:file/)?bot([^\s/\"']+)",
    rf"events\.pagerduty\.com/(?:x-ere|integration)/({_REST})",
    rf"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/({_REST})",
    rf"webexapis\.com/v1/webhooks/incoming/({_REST})",
    rf"webhook\.site/({_REST})",
    rf"hook\.(?:[a-z0-9]+\.)?(?:make|integromat)\.com/({_REST})",
    rf"hc-ping\.com/({_REST})",
)
_HOOK = re.compile("|".join(_HOOKS), re.IGNORECASE)

# Mattermost, Rocket.Chat, n8n and others, on any host.
_ANY_HOOK = re.compile(
    r"https?://[^\s/\"']{1,255}/(?:[^\s/?#\"']{1,100}/){0,5}(?:incoming-?)?"
    rf"(?:web-?)?hooks?/(?=[^\s?#\"']{{0,200}}\d)(?P<rest>{_REST})",
    re.IGNORECASE,
)
_MIN_HOOK = 8

# On a host for hooks: whatever follows it, if there is something random in it.
_HOST_OF_HOOKS = re.compile(
    r"https?://(?:[\w-]{1,63}\.){0,4}(?:web-?)?hooks?\.[^\s/?#\"']{1,255}/"
    rf"(?=[^\s?#\"']{{0,200}}\d)(?P<rest>{_REST})",
    re.IGNORECASE,
)

# A token rather than a word, a version, or the [SPECIAL_1] of a language model.
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9][\w.~+/=-]{15,}")


def find_tokens(text: str) -> Iterator[Span]:
    """Yield the tokens in a text, and the AWS keys if it has the id of one."""
    yield from (match.span() for match in _TOKEN.finditer(text))
    if ("AKIA" in text or "ASIA" in text) and _AWS_ID.search(text):
        yield from (match.span() for match in _AWS_KEY.finditer(text))


def is_aws_id(text: str) -> bool:
    """Return whether a text is the id of an AWS access key."""
    return _AWS_ID.fullmatch(text) is not None


def is_aws_key(text: str) -> bool:
    """Return whether a text has the format of a secret AWS access key."""
    return _AWS_KEY.fullmatch(text) is not None


def is_random(text: str) -> bool:
    """Return whether a text is rather a token of any issuer than a word."""
    return _RANDOM.fullmatch(text) is not None


def find_private_keys(text: str) -> Iterator[Span]:
    """Yield the private keys in a text: of PEM, OpenSSH, PGP and PuTTY."""
    if "PRIVATE KEY" in text or "PuTTY-User-Key-File" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))


def find_hooks(text: str) -> Iterator[Span]:
    """Yield what in the URLs of webhooks is secret."""
    known = [match.span(match.lastindex or 0) for match in _HOOK.finditer(text)]
    yield from known
    for match in (*_ANY_HOOK.finditer(text), *_HOST_OF_HOOKS.finditer(text)):
        is_known = any(match.start() < start < match.end() for start, _ in known)
        is_masked = text[match.end() : match.end() + 1] == "<"
        if len(match["rest"]) >= _MIN_HOOK and not is_known and not is_masked:
            yield match.span("rest")
