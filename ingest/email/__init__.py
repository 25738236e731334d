"""Mail: what mailboxes and mail providers bring, from raw messages."""
