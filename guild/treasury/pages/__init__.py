"""The member's money page and the treasurer's desk; every form works without JavaScript."""

from guild.treasury.pages import desk, member, payouts

PAGES = [*member.PAGES, *desk.PAGES, *payouts.PAGES]
