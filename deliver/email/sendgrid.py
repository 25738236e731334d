"""SendGrid, outwards: its SMTP relay (`smtps://smtp.sendgrid.net:465`)."""

from deliver.email.smtp import plan, reconcile, send

__all__ = ["plan", "reconcile", "send"]
