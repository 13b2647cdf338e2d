"""Whether a page says of itself that its article is locked. What it does not say is not guessed."""

from __future__ import annotations

from extractors.metadata.json_ld import LinkedData
from extractors.metadata.page_parts import PageParts

_TIER_METAS = ("article:content_tier", "og:article:content_tier", "content_tier", "article.access", "article:access")
_LOCKED_TIERS = frozenset({"locked", "metered", "paid", "premium", "subscription", "subscriber", "registered"})
_FREE_TIERS = frozenset({"free", "open", "public"})
_PREMIUM_METAS = (
    "ispremium",
    "cxenseparse:ispremium",
    "adv:premium",
    "tmg.premium.state",
    "paywall",
    "is_paywalled",
    "premium",
)
_YES = frozenset({"true", "yes", "1", "y"})
_NO = frozenset({"false", "no", "0", "n"})


def say_paywalled(parts: PageParts, data: LinkedData) -> bool | None:
    """Return True when the page says that reading on costs something, False when it says not, else None."""
    if data.is_free is not None:
        return not data.is_free
    for value in [
        *parts.meta("itemprop:isaccessibleforfree", "isaccessibleforfree"),
        *parts.itemprops.get("isaccessibleforfree", ()),
    ]:
        if value.strip().lower() in _YES | _NO:
            return value.strip().lower() in _NO
    for value in parts.meta(*_TIER_METAS):
        if value.strip().lower() in _LOCKED_TIERS | _FREE_TIERS:
            return value.strip().lower() in _LOCKED_TIERS
    for value in parts.meta(*_PREMIUM_METAS):
        if value.strip().lower() in _YES | _NO:
            return value.strip().lower() in _YES
    return None
