"""README.md and README.ru.md: short, alike, with commands that are typed and links that lead somewhere."""
