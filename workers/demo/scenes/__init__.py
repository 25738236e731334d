"""The scenes of the demo, in order: the main job, channel by channel, each claim checked."""

from workers.demo.scenes.instagram import photos_and_words_apart
from workers.demo.scenes.mail import mail_both_ways
from workers.demo.scenes.refusals import refusals
from workers.demo.scenes.sms import agent_replies_by_sms, customer_sends_mms
from workers.demo.scenes.webchat import webchat_both_ways
from workers.demo.scenes.whatsapp import album_and_voice_note

SCENES = (
    customer_sends_mms,
    agent_replies_by_sms,
    webchat_both_ways,
    mail_both_ways,
    album_and_voice_note,
    photos_and_words_apart,
    refusals,
)
