"""The text-loss guard of site rules: a rule that outlived a redesign of its site must not wipe a page.

Only sums of characters; what rules match is found in `extractors.sites.apply` and `extractors.sites.marking`.
"""

from __future__ import annotations

from collections.abc import Mapping

# A rule alone, and all of a page's rules together, may take this share of a text and must leave so much of it.
MOST_TAKEN = 0.4
LEAST_LEFT = 200
# What rules take for the body must hold this share of the prose that is found without them.
LEAST_PROSE = 0.6


def stopped_rules(taken: Mapping[str, int], total_chars: int) -> frozenset[str]:
    """Return the rules that may not cut in a text of `total_chars`; `taken` is what each would take, in characters.

    A greedy rule stops alone; when the others together still take too much, all stop.
    """
    greedy = {rule for rule, chars in taken.items() if chars > MOST_TAKEN * total_chars}
    left_to_take = sum(chars for rule, chars in taken.items() if rule not in greedy)
    if not left_to_take:
        return frozenset(greedy)
    if left_to_take > MOST_TAKEN * total_chars or total_chars - left_to_take < LEAST_LEFT:
        return frozenset(taken)
    return frozenset(greedy)
