"""Exchange: electronic invoices over the network, out and in.

Delivery of issued invoices through a Peppol gateway or by mail, the receiver's answers as facts,
and suppliers' invoices (UBL, CII, Factur-X) received, checked and matched to a project's costs.
"""
