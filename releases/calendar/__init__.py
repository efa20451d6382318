"""The calendar's moves: releases are recorded, announced, confirmed, moved, corrected and cancelled."""
