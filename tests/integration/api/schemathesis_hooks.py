"""For schemathesis: what a picture is. Read by its process, named in SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from tests.integration.api.acting import png

PICTURE = st.sampled_from([png(32, shade) for shade in range(3)])

for media_type in ("image/png", "image/jpeg", "image/webp"):
    schemathesis.openapi.media_type(media_type, PICTURE)
