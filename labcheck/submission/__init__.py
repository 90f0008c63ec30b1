"""What was handed in, taken in as data: folders, archives, reports, images; nothing of it is run here."""
