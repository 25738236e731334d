"""The customers' pages of a whole far side, on a loopback port of their own."""

from workers.demo.customers.app import customers_app
from workers.demo.customers.devices import Device, Handset, Mailbox
from workers.demo.stand_ins import StandIns
from workers.sandbox.listener import Listener


def customers_pages(far_side: StandIns, chat_url: str) -> Listener:
    devices: dict[str, Device] = {
        "sms": Handset(far_side.sms),
        "whatsapp": Handset(far_side.whatsapp),
        "instagram": Handset(far_side.instagram),
        "email": Mailbox(far_side.email),
    }
    return Listener(customers_app(devices, far_side.newcomer, chat_url), name="demo-customers")
