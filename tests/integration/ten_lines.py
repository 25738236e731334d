"""A helpdesk that is not ours asks for a reply: written after schemas/README.md alone, ten lines of plain pika."""

# fmt: off
import json, os, time, uuid  # noqa: E401, I001 - it shall be short
import pika
data = {"account": "acme", "channel": "sms", "contact": os.environ["CONTACT"], "text": "The part you need."}
data["files"] = [{"source": json.loads(os.environ["SOURCE"]), "file_name": "part.jpg"}]
event = {"specversion": "1.0", "type": "trombone.reply_requested.v1", "source": "https://helpdesk.example/eu"}
event |= {"id": str(uuid.uuid4()), "time": time.strftime("%FT%TZ", time.gmtime()), "account": "acme", "data": data}
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.confirm_delivery()
kept = pika.BasicProperties(delivery_mode=2, content_type="application/cloudevents+json")
channel.basic_publish("trombone.in", "acme.reply_requested.v1.sms", json.dumps(event).encode(), kept, mandatory=True)
