"""Why banks send payments back: the ISO 20022 external codes that are met, in plain words.

Source: ISO 20022 External Code Sets, ExternalReturnReason1Code, and the EPC guidance on reason
codes for SEPA credit transfer and direct debit R-transactions (EPC173-14).
"""

RETURN_REASONS: dict[str, str] = {
    "AC01": "the account number is wrong",
    "AC03": "the payee's account number is wrong",
    "AC04": "the account was closed",
    "AC06": "the account is blocked",
    "AC13": "the account is of a kind that cannot be debited this way",
    "AG01": "such payments are forbidden on this account",
    "AG02": "the bank does not know this kind of transaction",
    "AM04": "there was not enough money on the account",
    "AM05": "the payment was made twice",
    "AM09": "the amount is not the one agreed",
    "BE04": "the address is missing or wrong",
    "BE05": "the mandate is for another creditor",
    "CNOR": "the creditor's bank cannot be reached",
    "CUST": "the customer asked for it",
    "DNOR": "the debtor's bank cannot be reached",
    "DUPL": "the payment was made twice",
    "FF01": "the format of the file was wrong",
    "FOCR": "the payment was called back",
    "FRAD": "the payment is reported as fraud",
    "MD01": "there is no valid mandate",
    "MD02": "the mandate is missing details",
    "MD06": "the payer asked for the money back",
    "MD07": "the account's owner has died",
    "MS02": "the customer refused, without a reason",
    "MS03": "the bank refused, without a reason",
    "RC01": "the bank's code is wrong",
    "RR01": "the payer's account or identity is missing (rules against money laundering)",
    "RR02": "the payer's name or address is missing (rules against money laundering)",
    "RR03": "the payee's name or address is missing (rules against money laundering)",
    "RR04": "a rule of the regulator forbids it",
    "SL01": "the payer has limited who may debit the account",
    "TECH": "the payment failed for a technical reason",
    "UPAY": "the payment was not due",
}


def reason_words(code: str) -> str:
    """`AC04, the account was closed`; an unknown code stands alone, nothing for none."""
    if not code:
        return ""
    known = RETURN_REASONS.get(code.upper())
    return f"{code}, {known}" if known else code
