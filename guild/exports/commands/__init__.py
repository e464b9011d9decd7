"""Use cases of exports."""

from guild.exports.commands.asking import ask_export, fetch_export, sweep
from guild.exports.commands.making import make_part

__all__ = ["ask_export", "fetch_export", "make_part", "sweep"]
