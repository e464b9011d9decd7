"""What can go wrong with exports."""

from guild.core.errors import Conflict, Invalid, NotFound


class ExportNotFound(NotFound):
    """No such export among the actor's own."""

    code = "export_not_found"
    title = "No such export"


class ExportNotReady(Conflict):
    """It is being made, it failed, or its week is over."""

    code = "export_not_ready"
    title = "There is no file to fetch"


class ExportNotOffered(Invalid):
    """This kind is not made here, or not for this person."""

    code = "export_not_offered"
    title = "This export is not offered to you"


class PeriodWrong(Invalid):
    """The period does not fit the kind of export."""

    code = "export_period_wrong"
    title = "This period cannot be exported"
