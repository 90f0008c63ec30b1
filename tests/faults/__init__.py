"""What befalls a keeper and its database, under load: nothing acknowledged is lost, nothing wrong is read."""
