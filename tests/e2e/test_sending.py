"""Open the ticket, click the paperclip, choose the file, write a caption, Send: in the thread on both sides."""

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import Agent, Customer, digest, loaded, visit
from tests.polling import eventually
from workers.demo.photos import Photos
from workers.demo.world import World


def test_a_photo_goes_out_by_sms(agent: Agent, customer: Customer, pictures: Photos):
    """Made to fit, with its caption; the agent sees how far it is, and what was done to it."""
    customer.send("Which part is it?")
    agent.open(customer.number)
    agent.attach(pictures.large)
    expect(agent.tray.get_by_text(re.compile(r"Will be made to fit: 5\.1 MB → 5\d\d KB"))).to_be_visible()
    expect(agent.page.get_by_text("The customer will see the files without a word.")).to_be_visible()
    agent.text.fill("This one")
    expect(agent.page.get_by_text("The customer will see the files without a word.")).to_be_hidden()
    agent.text.press("Enter")

    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    loaded(agent.last.get_by_role("button", name="Open scene-12-megapixels.jpg in full"))
    expect(agent.last.get_by_text(re.compile(r"Made to fit: 5\.1 MB → 5\d\d KB"))).to_be_visible()
    expect(agent.last.get_by_text("This one")).to_be_visible()
    expect(agent.tray).to_have_count(0)
    (received,) = customer.phone.received
    assert received.text == "This one"
    assert 0 < received.files[0].size_bytes <= 600_000
    assert agent.saved(agent.last) == digest(pictures.large)


def test_a_chat_shows_both_sides_to_both(agent: Agent, context: BrowserContext, world: World, pictures: Photos):
    """A visitor's photo at the agent, an agent's photo at the visitor, and that it was read."""
    visitor = visit(context.new_page(), world)
    visitor.send("Does this fit?", [pictures.small])
    loaded(visitor.last.get_by_role("button", name="Open upright.jpg in full"))

    agent.page.get_by_role("navigation").get_by_role("button", name="Does this fit?").first.click()
    loaded(agent.last.get_by_role("button", name="Open upright.jpg in full"))
    assert agent.saved(agent.last) == digest(pictures.small)
    agent.send("Yes, like this", [pictures.rotated])
    loaded(agent.last.get_by_role("button", name="Open rotated-with-gps.jpg in full"))

    visitor.page.bring_to_front()
    expect(visitor.last.get_by_text("Yes, like this")).to_be_visible()
    loaded(visitor.last.get_by_role("button", name="Open rotated-with-gps.jpg in full"))
    expect(agent.last.get_by_text("Read")).to_be_visible()


def test_what_did_not_arrive_says_why_and_can_be_written_again(agent: Agent, customer: Customer, pictures: Photos):
    """The provider's reason in words; one click puts words and file back into the composer, where the agent decides."""
    customer.phone.fails_with = 30003
    customer.send("Hello?")
    agent.open(customer.number)
    agent.send("The part", [pictures.small])
    failed = agent.last
    expect(failed.get_by_text("Failed")).to_be_visible()
    expect(agent.ticket(customer.number)).to_contain_text("Failed · You: [Photo] The part")
    expect(failed.get_by_role("note")).to_contain_text("phone")
    failed.get_by_role("button", name="Write it again").click()
    expect(agent.text).to_have_value("The part")
    expect(agent.uploaded).to_have_count(1)
    customer.phone.fails_with = None
    agent.page.get_by_role("button", name="Send", exact=True).click()
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    expect(agent.messages).to_have_count(3)


def test_a_file_that_cannot_go_keeps_the_reply_back(agent: Agent, customer: Customer, tmp_path: Path, pictures: Photos):
    """No matter what it is called: it says why, Send says what to do, and once it is gone the rest leaves."""
    disguised = tmp_path / "holiday.jpg"
    disguised.write_bytes(b"MZ\x90\x00" + bytes(500))
    customer.send("Which one?")
    agent.open(customer.number)
    agent.attach(disguised)
    expect(agent.tray.get_by_text("is a program, and programs are never accepted")).to_be_visible()
    expect(agent.tray.locator("img")).to_have_count(0)
    expect(agent.page.get_by_text("without a word")).to_be_hidden()
    send = agent.page.get_by_role("button", name="Send", exact=True)
    expect(send).to_have_attribute("aria-disabled", "true")
    expect(send).to_have_accessible_description(re.compile(r"^“holiday\.jpg” cannot be sent\. Remove it"))

    agent.attach(pictures.small)
    expect(agent.uploaded).to_have_count(2)
    agent.text.fill("This one")
    agent.text.press("Enter")
    remove = agent.page.get_by_role("button", name="Remove holiday.jpg")
    expect(remove).to_be_focused()
    remove.press("Enter")
    expect(agent.text).to_be_focused()
    agent.text.press("Enter")
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    expect(agent.messages).to_have_count(2)


def test_a_doubt_has_two_answers(agent: Agent, customer: Customer):
    """Nobody but the agent can find out; what is answered goes to the gateway."""
    customer.send("Are you there?")
    agent.open(customer.number)
    agent.send("I am")
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    asked = []

    def doubtful(route):
        thread = route.fetch().json()
        for part in [part for message in thread["messages"] for part in message["parts"]]:
            part["state"] = "in_doubt"
        for message in thread["messages"]:
            message["state"] = "in_doubt" if message["parts"] else message["state"]
        route.fulfill(json=thread)

    def answered(route):
        asked.append(route.request.post_data_json)
        route.fulfill(status=202, json={})

    agent.page.route("**/v1/conversations/*", doubtful)
    agent.page.route("**/resolution", answered)
    agent.page.reload()
    expect(agent.last.get_by_text("In doubt").first).to_be_visible()
    for answer in ("It has arrived", "Send it again"):
        with agent.page.expect_response("**/resolution"):
            agent.last.get_by_role("button", name=answer).click()
    assert asked == [{"answer": "arrived"}, {"answer": "send_again"}]


def test_files_come_by_drop_and_by_paste(agent: Agent, customer: Customer):
    """Dropped anywhere on the page, or from the clipboard; several at once."""
    customer.send("Which ones?")
    agent.open(customer.number)
    agent.page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 60, height: 40 });
            const picture = await new Promise((resolve) => canvas.toBlob(resolve));
            const holding = (...names) => {
                const held = new DataTransfer();
                for (const name of names) held.items.add(new File([picture], name, { type: "image/png" }));
                return held;
            };
            const options = { bubbles: true, cancelable: true };
            const drop = new DragEvent("drop", { ...options, dataTransfer: holding("a.png", "b.png") });
            const paste = new ClipboardEvent("paste", { ...options, clipboardData: holding("c.png") });
            document.querySelector("main").dispatchEvent(drop);
            document.querySelector("textarea").dispatchEvent(paste);
        }"""
    )
    expect(agent.uploaded).to_contain_text(["a.png", "b.png", "c.png"])
    agent.page.get_by_role("button", name="Remove b.png").click()
    agent.send("Both of them")
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    names = [file.media_type for file in eventually(lambda: customer.phone.received, 10)[0].files]
    assert names == ["image/png", "image/png"]


def test_an_upload_shows_its_progress_and_can_be_canceled(agent: Agent, customer: Customer, pictures: Photos):
    """On a thin line the page says how far it is, and lets go when it is told to."""
    customer.send("And the photo?")
    agent.open(customer.number)
    line = agent.page.context.new_cdp_session(agent.page)
    line.send("Network.enable")
    thin = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    line.send("Network.emulateNetworkConditions", thin)
    agent.attach(pictures.large)
    progress = agent.page.get_by_role("progressbar", name="Upload of scene-12-megapixels.jpg")
    expect(agent.tray.get_by_text(re.compile(r"Uploading, [1-9]\d? %"))).to_be_visible()
    assert 0 < float(progress.evaluate("bar => bar.value")) < 1
    agent.page.get_by_role("button", name="Cancel: scene-12-megapixels.jpg").click()
    expect(agent.tray).to_have_count(0)
    line.send("Network.emulateNetworkConditions", thin | {"uploadThroughput": -1})


def test_an_upload_goes_on_where_it_broke_off(agent: Agent, customer: Customer, pictures: Photos):
    """What has arrived is not sent again: after a lost connection the next piece follows the last one."""
    customer.send("And the large one?")
    agent.open(customer.number)
    offsets = []

    def passing(route):
        offsets.append(int(re.search(r"offset=(\d+)", route.request.url)[1]))
        if len(offsets) == 3:
            agent.page.context.set_offline(True)
            route.abort()
        else:
            route.continue_()

    agent.page.route(re.compile("/v1/uploads/.*offset="), passing)
    agent.attach(pictures.large)
    expect(agent.tray.get_by_text("The upload was interrupted.")).to_be_visible()
    agent.page.context.set_offline(False)
    agent.page.get_by_role("button", name="Try again").click()
    expect(agent.uploaded).to_have_count(1)
    assert offsets == [0, 1048576, 2097152, 2097152, 3145728, 4194304]


def test_an_upload_that_broke_is_tried_again(agent: Agent, customer: Customer, pictures: Photos):
    """Without the network nothing is lost: the file waits where it is, and one click sends it again."""
    customer.send("And the photo?")
    agent.open(customer.number)
    agent.page.context.set_offline(True)
    agent.attach(pictures.small)
    expect(agent.tray.get_by_text("The upload was interrupted.")).to_be_visible()
    expect(agent.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    agent.page.context.set_offline(False)
    agent.page.get_by_role("button", name="Try again").click()
    expect(agent.uploaded).to_have_count(1)
