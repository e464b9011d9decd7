"""Money owed to clients and suppliers without an order on its way, over HTTP."""

from litestar.status_codes import HTTP_204_NO_CONTENT

from guild.core.ids import RefundId, SupplierInvoiceId
from guild.core.permissions import Permission
from guild.core.wire import get, post, post_once
from guild.core.work import Work
from guild.treasury import commands, queries
from guild.treasury.schemas import PayoutOut, RejectIn, ToOrderOut


@get("/unordered-payments", permission=Permission.TREASURY_READ, tags=["payouts"],
     summary="What is owed and not ordered")  # fmt: skip
async def to_order(work: Work) -> list[ToOrderOut]:
    """Refunds and suppliers' invoices whose order was refused, came back, or cannot be made."""
    return await queries.to_order(work)


@post_once("/refunds/{refund_id:uuid}/order", permission=Permission.PAYOUTS_PREPARE,
           tags=["payouts"], summary="Order a refund again")  # fmt: skip
async def order_refund(work: Work, refund_id: RefundId) -> PayoutOut:
    """Back to the account that the money came from; others approve it."""
    return await commands.order_refund_again(work, refund_id)


@post("/refunds/{refund_id:uuid}/keep", permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
      status_code=HTTP_204_NO_CONTENT, summary="Leave a refund on account")  # fmt: skip
async def keep_refund(work: Work, refund_id: RefundId, data: RejectIn) -> None:
    """Give nothing back after all; the money stays the client's credit."""
    await commands.keep_refund(work, refund_id, data)


@post_once("/supplier-invoices/{supplier_invoice_id:uuid}/order",
           permission=Permission.PAYOUTS_PREPARE, tags=["payouts"],
           summary="Order a supplier’s payment again")  # fmt: skip
async def order_invoice(work: Work, supplier_invoice_id: SupplierInvoiceId) -> PayoutOut:
    """To the account that the invoice names, on its due day; others approve it."""
    return await commands.order_invoice_again(work, supplier_invoice_id)


ROUTES = [to_order, order_refund, keep_refund, order_invoice]
