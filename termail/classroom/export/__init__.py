"""Dialogues for other programs: text, JSON, packets for Wireshark, a Mermaid sequence diagram."""
