<?xml version="1.0" encoding="UTF-8"?>
<!-- Flattens the entries of camt.053 statements and camt.054 notifications into lines of
     tab-separated fields: "S" for a statement, "E" for an entry, "P" for each payment in it.
     libxslt does this many times faster than a walk in Python, and one concat() per line a third
     faster than a value-of per field. Values are whitespace-normalised, so they hold no tab or line
     break themselves. Written for version 08 of camt.053; paths of version 02 stand beside it where
     they differ, and the namespace is put in by the program. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:c="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <xsl:output method="text" encoding="UTF-8"/>
  <xsl:template match="/">
    <xsl:for-each select="c:Document/*/c:Stmt | c:Document/*/c:Ntfctn">
      <xsl:text>S&#10;</xsl:text>
      <xsl:for-each select="c:Ntry">
        <xsl:value-of select="concat('E&#9;', normalize-space(c:Amt), '&#9;', c:Amt/@Ccy, '&#9;',
          c:CdtDbtInd, '&#9;', normalize-space(c:Sts), '&#9;', normalize-space(c:BookgDt), '&#9;',
          normalize-space(c:ValDt), '&#9;', normalize-space(c:AcctSvcrRef), '&#9;',
          normalize-space(c:NtryRef), '&#9;', normalize-space(c:AddtlNtryInf), '&#9;',
          normalize-space(c:NtryDtls/c:Btch/c:PmtInfId), '&#9;', normalize-space(c:RvslInd), '&#9;',
          normalize-space(c:BkTxCd/c:Domn), '&#9;', c:NtryDtls/c:Btch/c:NbOfTxs, '&#10;')"/>
        <xsl:for-each select="c:NtryDtls/c:TxDtls">
          <xsl:value-of select="concat('P&#9;', normalize-space(c:Amt | c:AmtDtls[not(../c:Amt)]/c:TxAmt/c:Amt), '&#9;',
            c:Amt/@Ccy | c:AmtDtls[not(../c:Amt)]/c:TxAmt/c:Amt/@Ccy, '&#9;', c:CdtDbtInd, '&#9;',
            normalize-space(c:Refs/c:EndToEndId), '&#9;', normalize-space(c:Refs/c:PmtInfId), '&#9;',
            normalize-space(c:RltdPties/c:Dbtr/c:Pty/c:Nm | c:RltdPties/c:Dbtr/c:Nm), '&#9;',
            c:RltdPties/c:DbtrAcct/c:Id/c:IBAN, '&#9;',
            normalize-space(c:RltdPties/c:Cdtr/c:Pty/c:Nm | c:RltdPties/c:Cdtr/c:Nm), '&#9;',
            c:RltdPties/c:CdtrAcct/c:Id/c:IBAN, '&#9;',
            normalize-space(c:RmtInf/c:Strd/c:CdtrRefInf/c:Ref), '&#9;')"/>
          <xsl:for-each select="c:RmtInf/c:Ustrd">
            <xsl:if test="position() &gt; 1"><xsl:text> </xsl:text></xsl:if>
            <xsl:value-of select="normalize-space(.)"/>
          </xsl:for-each>
          <xsl:value-of select="concat('&#9;', normalize-space(c:RtrInf/c:Rsn), '&#9;',
            normalize-space(c:AddtlTxInf), '&#9;', normalize-space(c:Refs/c:MndtId), '&#10;')"/>
        </xsl:for-each>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
