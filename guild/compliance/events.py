"""What has been decided about labels, for the record and for packages above."""

from typing import ClassVar

from guild.core.events import Event
from guild.core.ids import ContractId, LabelId, MemberId, ReviewId


class ReviewOpened(Event, frozen=True):
    """Somebody asked for a review; the reps' two working days run."""

    subject: ClassVar[str] = "review_id"

    review_id: ReviewId
    contract_id: ContractId


class ConflictDeclared(Event, frozen=True):
    """A rep handed a review over because of a tie that the records do not show."""

    subject: ClassVar[str] = "review_id"

    review_id: ReviewId
    rep_id: MemberId


class SecondRepDrawn(Event, frozen=True):
    """Who looks a second time, and out of how many it was drawn."""

    subject: ClassVar[str] = "review_id"

    review_id: ReviewId
    rep_id: MemberId
    drawn_from: int


class LabelGranted(Event, frozen=True):
    """Two reps agree that the contract keeps the code."""

    subject: ClassVar[str] = "label_id"

    label_id: LabelId
    review_id: ReviewId
    contract_id: ContractId


class LabelWithheld(Event, frozen=True):
    """Two reps agree that it does not, with reasons that can be appealed."""

    subject: ClassVar[str] = "label_id"

    label_id: LabelId
    review_id: ReviewId
    contract_id: ContractId


class LabelPaused(Event, frozen=True):
    """The contract has changed since the review."""

    subject: ClassVar[str] = "label_id"

    label_id: LabelId
    contract_id: ContractId


class LabelWithdrawn(Event, frozen=True):
    """Two reps took a granted label back."""

    subject: ClassVar[str] = "label_id"

    label_id: LabelId
    contract_id: ContractId
