"""The reference keeper with an answer that needs no database: what its server and Flask can do at most."""

from __future__ import annotations

import app as keeper  # the reference's, beside this file in its container

keeper.app.add_url_rule("/constant", view_func=lambda: keeper.answer("OK"))
keeper.serve()
