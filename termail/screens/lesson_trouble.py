"""What can go wrong between a lesson and its world: the world says no, or is not there."""

import aiohttp

from termail.classroom.lesson.acting import ActionFailed
from termail.classroom.world_client import WorldRefused

TROUBLE = (WorldRefused, ActionFailed, aiohttp.ClientError, OSError)
