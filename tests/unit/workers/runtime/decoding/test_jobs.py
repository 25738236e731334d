"""Which modules a decoding child may run jobs of."""

from importlib import import_module

from workers.runtime.decoding.jobs import job_modules


def test_pictures_and_mail_have_jobs():
    """Found by their place; a channel whose payloads are containers puts a file there."""
    assert {"thumbnails.jobs", "ingest.email.jobs"} <= set(job_modules())


def test_every_one_of_them_can_be_imported():
    """The fork server does that at its start."""
    assert [import_module(name).__name__ for name in job_modules()] == list(job_modules())
