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
    | GR1348941[\w-]{16,}
    | sk-(?=[\w-]{0,40}\d)[\w-]{16,} | sess-[A-Za-z0-9]{40}              # OpenAI et al.
    | xai-[A-Za-z0-9]{20,} | gsk_[A-Za-z0-9]{20,} | r8_[A-Za-z0-9]{20,}
    | pplx-[A-Za-z0-9]{20,} | nvapi-[\w-]{20,} | hf_[A-Za-z0-9]{20,}
    | lsv2_(?:pt|sk)_\w{16,} | pcsk_\w{20,} | tvly-[\w-]{16,}
    | ABSK[A-Za-z0-9+/=]{40,}                                            # AWS Bedrock
    | xox[a-z]-[\w-]{10,} | xapp-[\w-]{10,} | xoxe\.xox[bp]-[\w-]{10,}   # Slack
    | AIza[\w-]{30,} | ya29\.[\w.-]{10,} | GOCSPX-[\w-]{16,}             # Google
    | 1//0[\w-]{30,} | AAAA[\w-]{7}:[\w-]{100,}
    | eyJ[\w-]{5,}={0,2}\.[\w-]{5,}(?:\.[\w-]*){0,3} | eyJhbGciOi[\w-]{10,} # JWT
    | (?:sk|rk)_(?:live|test)_\w{10,} | whsec_[A-Za-z0-9+/=]{16,}        # Stripe
    | [A-Za-z0-9+/]{86}==                                                # Azure
    | [\w~.-]{3}\dQ~[\w~.-]{31,34}
    | SG\.[\w-]{16,}\.[\w-]{16,} | SK[0-9a-f]{32} | key-[0-9a-f]{32}     # mail, SMS
    | [0-9a-f]{32}-us\d{1,2} | xkeysib-[0-9a-f]{40,}[\w-]*
    | npm_[A-Za-z0-9]{30,} | pypi-AgE[\w-]{20,} | rubygems_[0-9a-f]{40,} # packages
    | dckr_pat_[\w-]{16,} | AKCp[A-Za-z0-9]{10,}
    | dku[a-z]{2,4}-[\w-]{16,}                                           # Dataiku
    | dapi[0-9a-f]{32}(?:-\d)? | dop_v1_\w{20,} | do[or]_v1_\w{20,}      # clouds
    | shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{20,} | sq0(?:atp|csp)-[\w-]{20,}
    | hv[sb]\.[\w-]{20,} | [A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,} | fm2_[\w+/=]{20,}
    | pul-[0-9a-f]{40} | dp\.(?:pt|st|sa|ct|scim|audit)\.[A-Za-z0-9]{20,}
    | glsa_\w{20,} | glc_[\w+/=]{20,} | NRAK-[A-Z0-9]{20,} | PMAK-[\w-]{20,}
    | sntry[su]_[\w+/=-]{20,} | phx_\w{20,} | sbp_[0-9a-f]{40} | sb_secret_[\w-]{16,}
    | lin_api_\w{20,} | ntn_\w{20,} | figd_[\w-]{20,} | pat\w{14}\.[0-9a-f]{64}
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
    rf"\.webhook\.office\.com/webhookb?2?/({_REST})",
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


def find_private_keys(text: str) -> Iterator[Span]:
    """Yield the private keys in a text: of PEM, OpenSSH, PGP and PuTTY."""
    if "PRIVATE KEY" in text or "PuTTY-User-Key-File" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))


def find_hooks(text: str) -> Iterator[Span]:
    """Yield what in the URLs of webhooks is secret."""
    known = [match.span(match.lastindex or 0) for match in _HOOK.finditer(text)]
    yield from known
    for match in _ANY_HOOK.finditer(text):
        is_known = any(match.start() < start < match.end() for start, _ in known)
        is_masked = text[match.end() : match.end() + 1] == "<"
        if len(match["rest"]) >= _MIN_HOOK and not is_known and not is_masked:
            yield match.span("rest")
