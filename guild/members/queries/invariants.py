"""What must always hold about people and their powers. Each returns a sentence per breach."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def rights_end_with_membership(session: AsyncSession) -> list[str]:
    """No session, key or office outlives a membership."""
    rows = await session.execute(
        text(
            """
            SELECT m.id, m.state, kind FROM member m
            CROSS JOIN LATERAL (
                SELECT 'a session' AS kind FROM session s WHERE s.member_id = m.id
                UNION ALL
                SELECT 'an API key' FROM api_key k
                WHERE k.member_id = m.id AND k.revoked_at IS NULL
                UNION ALL
                SELECT 'an office' FROM member_role r
                WHERE r.member_id = m.id AND r.ended_at IS NULL
            ) AS held
            WHERE m.state NOT IN ('member', 'on_leave')"""
        )
    )
    return [f"member {who} is {state} and still has {kind}" for who, state, kind in rows]


async def powers_have_two_persons(session: AsyncSession) -> list[str]:
    """Every office outside the founding, approval and removal was decided by a second person."""
    rows = await session.execute(
        text(
            """
            SELECT 'office', id FROM member_role
            WHERE NOT founding AND (granted_by IS NULL OR confirmed_by IS NULL
                OR granted_by = confirmed_by OR member_id IN (granted_by, confirmed_by))
            UNION ALL
            SELECT 'bank account', id FROM bank_account
            WHERE state = 'approved' AND (decided_by IS NULL OR usable_from IS NULL
                OR decided_by IN (member_id, requested_by))
            UNION ALL
            SELECT 'removed member', m.id FROM member m
            WHERE m.state = 'removed' AND NOT EXISTS (
                SELECT 1 FROM membership_removal r WHERE r.member_id = m.id
                AND r.confirmed_by <> r.requested_by AND r.confirmed_by <> m.id)"""
        )
    )
    return [f"{what} {which} lacks a second person" for what, which in rows]


async def history_explains_state(session: AsyncSession) -> list[str]:
    """The last step of each membership leads to the state it is in."""
    rows = await session.execute(
        text(
            """
            SELECT m.id, m.state, coalesce(last.to_state, 'applicant') FROM member m
            LEFT JOIN LATERAL (
                SELECT s.to_state FROM member_step s WHERE s.member_id = m.id
                ORDER BY s.at DESC, s.id DESC LIMIT 1
            ) AS last ON true
            WHERE m.state <> coalesce(last.to_state, 'applicant')"""
        )
    )
    return [
        f"member {who} is {state}, but her last step led to {last}" for who, state, last in rows
    ]


async def details_explain_themselves(session: AsyncSession) -> list[str]:
    """What a member's entry says now is what its last change made of it."""
    rows = await session.execute(
        text(
            """
            SELECT m.id, c.field FROM member m
            JOIN LATERAL (
                SELECT DISTINCT ON (d.field) d.field, d.after FROM member_detail_change d
                WHERE d.member_id = m.id ORDER BY d.field, d.id DESC
            ) AS c ON true
            WHERE coalesce(to_jsonb(m) ->> c.field, '') <> c.after"""
        )
    )
    return [f"member {who}: {field} is not what it was last changed to" for who, field in rows]


async def numbers_have_two_persons(session: AsyncSession) -> list[str]:
    """Every change of a number stands beside a wish that somebody else agreed to."""
    rows = await session.execute(
        text(
            """
            SELECT d.member_id, d.field FROM member_detail_change d
            WHERE d.field IN ('vat_number', 'enterprise_number') AND NOT EXISTS (
                SELECT 1 FROM member_number_change c
                WHERE c.member_id = d.member_id AND c.state = 'approved'
                  AND c.decided_by <> c.member_id AND c.decided_at = d.changed_at
                  AND coalesce(to_jsonb(c) ->> d.field, '') = d.after)"""
        )
    )
    return [f"member {who}: {field} was changed by nobody else's leave" for who, field in rows]


INVARIANTS = [
    rights_end_with_membership, powers_have_two_persons, history_explains_state,
    details_explain_themselves, numbers_have_two_persons,
]  # fmt: skip
