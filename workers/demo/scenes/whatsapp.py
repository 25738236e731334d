"""WhatsApp: an album and a voice note come in, a photo with its caption goes out and is read."""

from workers.demo.stage import Stage, shown
from workers.sandbox.eyes import look


def album_and_voice_note(on: Stage) -> None:
    on.claims.scene("A customer sends an album and a voice note by WhatsApp; an agent answers with a photo")
    whatsapp, customer = on.world.far_side.whatsapp, on.world.customers["whatsapp"]
    sent = [on.photos.rotated, on.photos.small, on.photos.voice]
    whatsapp.customer_sends(customer, "It makes this noise", sent)
    files = [file for message in on.desk.shown_from(customer, len(sent)) for file in message["attachments"]]
    originals = {on.desk.original(file) for file in files}
    pictures = [on.desk.thumbnail(file) for file in files if file["type"] == "image"]
    (voice,) = [file for file in files if file["type"] == "audio"]
    claim = on.claims.claim
    claim("the thread shows all three, byte for byte", true=originals == {path.read_bytes() for path in sent})
    claim("both photos are upright", true=[seen.bright_side for seen in pictures] == ["top", "top"])
    spoken = voice["role"] == "voice" and bool(voice["duration_seconds"])
    claim("the voice note is known as one, with its length", true=spoken)
    answer = on.desk.reply("whatsapp", customer, "This part has come loose", on.photos.large)
    reply = on.desk.seen(answer, "read")
    (received,) = whatsapp.customer(customer).received
    claim("the photo arrived with its caption", true=received.text == "This part has come loose")
    on.claim_clean(look(received.files[0].path.read_bytes()))
    claim("the thread shows the reply as read", true=reply["state"] == "read")
    on.timeline(answer)
    on.claims.say(f"on the phone: {shown(received.files[0].path)}")
