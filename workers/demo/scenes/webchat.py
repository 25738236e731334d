"""Webchat: photos both ways between a visitor's page and an agent."""

from workers.demo.stage import Stage, shown
from workers.sandbox.eyes import look


def webchat_both_ways(on: Stage) -> None:
    on.claims.scene("A visitor and an agent exchange photos by webchat")
    chat, visitor = on.world.far_side.webchat, on.world.customers["webchat"]
    sent = chat.customer_sends(visitor, "Does this fit?", [on.photos.small])
    message = on.desk.seen(sent, "shown")
    seen = on.desk.thumbnail(message["attachments"][0])
    on.claims.claim("the agent sees the visitor's words and a thumbnail of the photo", true=seen.bright_side == "top")
    on.timeline(sent)
    answer = on.desk.reply("webchat", visitor, "Yes, like this", on.photos.large)
    reply = on.desk.seen(answer, "read")
    received = chat.customer(visitor).received[-1]
    on.claims.claim("the visitor's page shows the photo with its words", true=received.text == "Yes, like this")
    on.claim_clean(look(received.files[0].path.read_bytes()))
    on.claims.claim("the thread shows the reply as read", true=reply["state"] == "read")
    on.timeline(answer)
    on.claims.say(f"on the visitor's page: {shown(received.files[0].path)}")
