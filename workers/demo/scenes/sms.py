"""SMS as MMS: a customer's photos come in, an agent's large photo is made to fit."""

from rich.filesize import decimal

from workers.demo.stage import Stage, shown
from workers.sandbox.eyes import look

MMS_BYTES = 600_000


def customer_sends_mms(on: Stage) -> None:
    on.claims.scene("A customer sends two photos by MMS; one is stored sideways and tells where it was taken")
    sent = [on.photos.rotated, on.photos.small]
    customer = on.world.customers["sms"]
    on.world.far_side.sms.customer_sends(customer, "It came broken, look", sent)
    message = on.desk.shown_from(customer)[-1]
    files = message["attachments"]
    thumbnails = [on.desk.thumbnail(file) for file in files]
    claim = on.claims.claim
    claim("the thread shows the words and both photos, each with a thumbnail", true=len(thumbnails) == len(sent))
    claim("every thumbnail is upright", true=all(seen.bright_side == "top" for seen in thumbnails))
    claim("no thumbnail holds metadata", true=not any(seen.has_metadata for seen in thumbnails))
    claim(
        "width, height and placeholder are known",
        true=all(file["width"] and file["height"] and file["placeholder"] for file in files),
    )
    originals = [on.desk.original(file) for file in files]
    claim("the originals open in full, byte for byte", true=originals == [path.read_bytes() for path in sent])
    on.timeline(message["message"], teaches=True)


def agent_replies_by_sms(on: Stage) -> None:
    on.claims.scene("An agent replies by SMS with a large photo and a caption")
    customer, large = on.world.customers["sms"], on.photos.large
    answer = on.desk.reply("sms", customer, "This is the spare part, we ship it today", large)
    message = on.desk.seen(answer, "delivered")
    received = on.world.far_side.sms.customer(customer).received[-1]
    total, before = sum(file.size_bytes for file in received.files), large.stat().st_size
    claim = on.claims.claim
    claim("the phone received one message with the caption", true=received.text.startswith("This is the spare"))
    claim(
        f"its photo weighs {decimal(total)}, under {decimal(MMS_BYTES)} (it was {decimal(before)})",
        true=0 < total <= MMS_BYTES,
    )
    on.claim_clean(look(received.files[0].path.read_bytes()))
    claim("the thread shows the reply as delivered", true=message["state"] == "delivered")
    on.timeline(answer, teaches=True)
    on.claims.say(f"on the phone: {shown(received.files[0].path)}")
