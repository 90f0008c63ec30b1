"""The lab, walked through step by step."""
