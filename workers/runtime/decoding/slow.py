"""Jobs that get more time and memory than a picture needs (`transcode` in `config/renditions.yaml`)."""

TRANSCODE = "thumbnails.jobs:transcode"
"""Encodes video and audio anew."""
