"""Pages of invoices: the client's by her link, the member's and the treasury's."""

from guild.invoicing.pages.agreements import PAGES as AGREEMENTS
from guild.invoicing.pages.client import PAGES as CLIENT
from guild.invoicing.pages.documents import PAGES as DOCUMENTS
from guild.invoicing.pages.drafting import PAGES as DRAFTING
from guild.invoicing.pages.shares import PAGES as SHARES

PAGES = [*CLIENT, *DRAFTING, *DOCUMENTS, *SHARES, *AGREEMENTS]
