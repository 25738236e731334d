"""What a customer sends appears in the thread: thumbnail, full size, download, or why not."""

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.clips import clip
from tests.documents import pdf
from tests.e2e.conftest import signed_in
from tests.e2e.long_thread import CONTACT, write
from tests.e2e.people import Agent, Customer, digest, loaded, visit
from workers.demo.photos import Photos
from workers.demo.world import World


def test_a_photo_is_a_thumbnail_then_full_size_then_a_file(agent: Agent, customer: Customer, pictures: Photos):
    """The lightbox shows the original and walks by keys; the download is the original, byte for byte."""
    customer.send("Broken, look", [pictures.rotated, pictures.small])
    expect(agent.ticket(customer.number).get_by_label("2 new files")).to_be_visible()
    agent.open(customer.number)
    first, second = (agent.last.get_by_role("button", name=f"Open File {number} in full") for number in (1, 2))
    loaded(first)
    loaded(second)
    expect(agent.ticket(customer.number).get_by_label("2 new files")).to_have_count(0)
    assert agent.saved(agent.last.locator("figure").first) == digest(pictures.rotated)

    first.click()
    box = agent.page.get_by_role("dialog")
    full = box.locator("img")
    expect(full).to_have_attribute("data-full", "")
    assert full.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1600, 1200]
    agent.page.keyboard.press("+")
    assert full.evaluate("image => image.style.transform").endswith("scale(1.5)")
    agent.page.keyboard.press("ArrowRight")
    expect(box.get_by_text("File 2 · 2 of 2")).to_be_visible()
    agent.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(first).to_be_focused()


def test_links_in_an_open_thread_stay_alive(agent: Agent, customer: Customer, pictures: Photos):
    """Every few minutes the page asks for fresh ones: what was opened in the morning can be saved in the evening."""
    customer.send("Keep me open", [pictures.small])
    agent.page.clock.install()
    agent.page.reload()

    def with_dead_links(route):
        thread = route.fetch().json()
        for file in thread["messages"][0]["attachments"]:
            file["url"] = f"{agent.world.gateway_url}/media/dead/file.jpg"
        route.fulfill(json=thread)

    agent.page.route("**/v1/conversations/*", with_dead_links)
    agent.open(customer.number)
    save = agent.last.get_by_role("link", name="Download")
    expect(save).to_have_attribute("href", re.compile("/media/dead/"))
    agent.page.unroute("**/v1/conversations/*")
    agent.page.clock.fast_forward("05:30")
    expect(save).not_to_have_attribute("href", re.compile("/media/dead/"))
    assert agent.saved(agent.last) == digest(pictures.small)


def test_the_place_of_a_picture_does_not_move(agent: Agent, customer: Customer, pictures: Photos):
    """With the picture still on its way its box has the final size, filled by the placeholder."""
    customer.send("Look", [pictures.small])
    agent.page.route("**/media/**", lambda route: None)
    agent.open(customer.number)
    box = agent.last.get_by_role("button", name="Open File 1 in full")
    expect(box.locator("canvas")).to_be_visible()
    before = box.bounding_box()
    agent.page.unroute("**/media/**")
    agent.page.reload()
    loaded(box)
    after = box.bounding_box()
    assert (before["width"], before["height"]) == (after["width"], after["height"]) == (320, 240)


def test_films_sounds_and_papers_open_where_they_stand(
    agent: Agent, context: BrowserContext, world: World, tmp_path: Path
):
    """A player for what plays, a card with the first page for what does not; each can be saved as it came."""
    files = {
        "fall.mp4": clip("video/mp4", seconds=2.0),
        "voice.ogg": clip("audio/ogg", seconds=2.0),
        "invoice.pdf": pdf(pages=3),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    visitor = visit(context.new_page(), world)
    visitor.send("film, sound and paper", [tmp_path / name for name in files])
    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name="film, sound and paper").click()
    film, sound = agent.last.locator("video"), agent.last.locator("audio")
    for player in (film, sound):
        expect(player).to_have_js_property("readyState", value=4)
        assert 1.5 < player.evaluate("one => one.duration") < 2.5
    paper = agent.last.locator("figure", has_text="invoice.pdf")
    expect(paper.get_by_text("PDF · 3 pages")).to_be_visible()
    assert agent.saved(paper) == digest(tmp_path / "invoice.pdf")
    paper.get_by_role("button", name="Open invoice.pdf in full").click()
    expect(agent.page.get_by_role("dialog").get_by_text("invoice.pdf")).to_be_visible()


def test_a_refused_file_says_why_and_what_to_ask(agent: Agent, context: BrowserContext, world: World, pictures: Photos):
    """A card with the reason; one click begins the question to the customer."""
    visitor = visit(context.new_page(), world)
    visitor.send("flooding, flooding", [pictures.flood])
    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name="flooding, flooding").click()
    expect(agent.last.get_by_text("Refused: flood.png")).to_be_visible()
    expect(agent.last.get_by_text("at most 50 million pixels are allowed")).to_be_visible()
    agent.last.get_by_role("button", name="Ask the customer").click()
    expect(agent.text).to_have_value(
        "The file “flood.png” is too large for us to open. Could you send a smaller version or a screenshot, please?"
    )


def test_a_french_page_tells_refusals_in_french(agent: Agent, customer: Customer, world: World, pictures: Photos):
    """With the numbers of the event; English stays what the API speaks."""
    customer.send("regardez", [pictures.flood])
    agent.page.goto(f"{world.gateway_url}/?lang=fr")
    agent.page.get_by_role("navigation", name="Tickets").get_by_role("button", name=customer.number).click()
    refused = agent.last.locator("figure")
    expect(refused).to_contain_text("Refusé")
    expect(refused).to_contain_text("millions de pixels ; 50 au plus sont permis")


def test_a_second_window_follows_without_a_reload(agent: Agent, customer: Customer, world: World, pictures: Photos):
    """What happens in one window shows in the other: messages, states, and the list of tickets."""
    customer.send("Hello?")
    agent.open(customer.number)
    second = Agent(agent.page.context.new_page(), world)
    second.page.goto(world.gateway_url)
    second.open(customer.number)
    agent.send("Here we are", [pictures.small])
    expect(second.last.get_by_text("Here we are")).to_be_visible()
    expect(second.last.get_by_text("Delivered")).to_be_visible()
    expect(second.ticket(customer.number)).to_contain_text("You: [Photo] Here we are")


def test_what_happened_during_an_outage_shows_after_it(agent: Agent, customer: Customer):
    """The page says that the line is down, and has everything once it is back."""
    customer.send("One")
    agent.open(customer.number)
    agent.page.context.set_offline(True)
    agent.page.evaluate("dispatchEvent(new Event('offline'))")
    customer.send("Two")
    agent.page.context.set_offline(False)
    expect(agent.last.get_by_text("Two")).to_be_visible()


def test_a_thread_of_a_thousand_messages_opens_quickly(agent: Agent, world: World):
    """The last page of it, in well under a second here; earlier ones come as the reader scrolls."""
    write(world)
    agent.page.reload()
    agent.open(CONTACT)
    expect(agent.last.get_by_text("Message 999")).to_be_visible()
    assert agent.messages.count() == 50
    loaded(agent.page.locator(".picture").last)
    agent.page.get_by_role("region").evaluate("region => region.scrollTop = 0")
    expect(agent.messages).to_have_count(100)
    assert agent.messages.first.inner_text().startswith("Message 900")


def test_a_phone_shows_one_thing_at_a_time(phone: BrowserContext, world: World, customer: Customer, pictures: Photos):
    """List, thread and back on 390 pixels, and nothing is wider than the screen."""
    customer.send("From my phone to yours", [pictures.small])
    page = signed_in(phone, world)
    desk = Agent(page, world)
    desk.open(customer.number)
    loaded(desk.last.locator(".picture"))
    desk.attach(pictures.small)
    expect(page.get_by_role("button", name="Take a photo")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Back to all tickets").click()
    expect(desk.ticket(customer.number)).to_be_visible()
    assert fits(page)
    visitor = visit(phone.new_page(), world)
    visitor.send("Photo", [pictures.small])
    loaded(visitor.last.locator(".picture"))
    assert fits(visitor.page)


def fits(page: Page) -> bool:
    wider = "[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    return bool(page.evaluate(f"document.documentElement.scrollWidth <= innerWidth && {wider} === 0"))
