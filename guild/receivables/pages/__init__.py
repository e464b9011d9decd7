"""Pages of receivables: the client's account by link, the member's and the treasury's desk."""

from guild.receivables.pages.client import PAGES as CLIENT
from guild.receivables.pages.everything import PAGES as EVERYTHING
from guild.receivables.pages.house import PAGES as HOUSE
from guild.receivables.pages.office import PAGES as OFFICE

PAGES = [*CLIENT, *EVERYTHING, *HOUSE, *OFFICE]
