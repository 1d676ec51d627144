"""`relevo doctor`: what works, what may not, and what to do about it."""

from relevo.cli.doctor.command import make_doctor_command

__all__ = ["make_doctor_command"]
