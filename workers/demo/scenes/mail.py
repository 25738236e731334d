"""Email: a customer's mail with a picture among its words and a document, and an answer that stays in the thread."""

from workers.demo.stage import Stage, shown
from workers.sandbox.eyes import look


def mail_both_ways(on: Stage) -> None:
    on.claims.scene("A customer writes a mail with a photo among its words and a PDF; an agent answers with a photo")
    mail, customer = on.world.far_side.email, on.world.customers["email"]
    mail.customer_sends(
        customer, "Which part is this?", [on.photos.document], inline=[on.photos.small], subject="A part is missing"
    )
    question = on.desk.shown_from(customer)[-1]
    files = {file["file_name"]: file for file in question["attachments"]}
    originals = {name: on.desk.original(file) for name, file in files.items()}
    sent = {path.name: path.read_bytes() for path in (on.photos.small, on.photos.document)}
    claim = on.claims.claim
    claim("the thread shows subject, words, photo and document", true=set(files) == set(sent))
    claim("the photo is known as part of the text", true=files[on.photos.small.name]["role"] == "inline")
    claim("both open byte for byte", true=originals == sent)
    on.timeline(question["message"])
    answer = on.desk.reply("email", customer, "This one, we send it today", on.photos.large)
    on.desk.seen(answer, "sent")
    (received,) = mail.customer(customer).received
    (photo,) = received.files
    claim("the mailbox holds the answer, the photo shown in it", true=bool(photo.cid and photo.cid in received.html))
    on.claim_clean(look(photo.path.read_bytes()))
    mail.customer_sends("kim.at.home@customer.example", "That is it", answering=received, subject="Re: A part")
    thread = on.desk.shown_in(question["conversation"], 2)
    claim("an answer from another of their addresses stays in the thread", true=thread[-1]["text"].startswith("That"))
    on.timeline(answer)
    on.claims.say(f"in the mailbox: {shown(photo.path)}")
