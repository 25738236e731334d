"""A real Chromium and the whole system in this process: one of each, and a fresh browser profile for every test."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from rich.console import Console

from tests.e2e.chromium import FLAGS, chromium
from tests.e2e.people import Agent, Customer
from tests.services.missing import ServiceMissing, may_skip
from workers.demo.photos import Photos, photos
from workers.demo.world import Services, World

PATIENCE_MILLISECONDS = 60_000
"""A busy machine may be many times slower than a quiet one, where each step takes a second at most."""

_numbers = count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright lives, nobody else on this thread can run an event loop."""
    try:
        path = chromium()
    except ServiceMissing as missing:
        if may_skip():
            pytest.skip(str(missing))
        pytest.fail(str(missing), pytrace=False)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world"), Services()) as world:
        yield world


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    return photos(None, tmp_path_factory.mktemp("pictures") / "originals", Console(quiet=True))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    yield from profile(browser, viewport={"width": 1180, "height": 760})


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A small screen that is touched."""
    yield from profile(browser, viewport={"width": 390, "height": 800}, is_mobile=True, has_touch=True)


def profile(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """Whatever a page complains about, and any script that should not have run, fails the test."""
    opened = browser.new_context(locale="en-GB", reduced_motion="reduce", **options)
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    complaints: list[str] = []
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    opened.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield opened
    opened.close()
    assert complaints == []


@pytest.fixture
def agent(context: BrowserContext, world: World) -> Agent:
    return Agent(signed_in(context, world), world)


@pytest.fixture
def customer(world: World) -> Customer:
    """Somebody with a phone, whom no other test knows."""
    return Customer(f"+1556{next(_numbers):07}", world)


def signed_in(context: BrowserContext, world: World) -> Page:
    page = context.new_page()
    page.goto(world.page_url)
    expect(page.get_by_role("navigation", name="Tickets")).to_be_visible()
    return page
