"""Mailgun, outwards: its SMTP relay (`smtps://smtp.mailgun.org:465`)."""

from deliver.email.smtp import plan, reconcile, send

__all__ = ["plan", "reconcile", "send"]
