"""Instagram: photos both ways; words and files never share a message there."""

from workers.demo.stage import Stage, shown
from workers.sandbox.eyes import look


def photos_and_words_apart(on: Stage) -> None:
    on.claims.scene("A customer and an agent exchange photos by Instagram")
    instagram, customer = on.world.far_side.instagram, on.world.customers["instagram"]
    sent = [on.photos.rotated, on.photos.small]
    instagram.customer_sends(customer, "Do you have it in blue?", sent)
    (message,) = on.desk.shown_from(customer)
    thumbnails = [on.desk.thumbnail(file).bright_side for file in message["attachments"]]
    claim = on.claims.claim
    claim("the thread shows the words and both photos upright", true=thumbnails == ["top", "top"])
    answer = on.desk.reply("instagram", customer, "In these two", on.photos.large, on.photos.small)
    reply = on.desk.seen(answer, "read")
    received = instagram.customer(customer).received
    came = [(one.text, len(one.files)) for one in received]
    claim("both photos arrived together, the words after them", true=came == [("", 2), ("In these two", 0)])
    on.claim_clean(look(received[0].files[0].path.read_bytes()))
    claim("to the agent it is one message, and read", true=reply["text"] == "In these two")
    on.timeline(answer)
    on.claims.say(f"on the phone: {shown(received[0].files[0].path)}")
