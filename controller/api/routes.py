"""Everything the API serves, in one router."""

from fastapi import APIRouter

from controller.api import alerts, district, figures, health, metrics, orders, page
from controller.api.shapes import ProblemShape

router = APIRouter()
_v1 = APIRouter(
    prefix="/api/v1",
    responses={
        401: {"model": ProblemShape, "description": "nobody is signed in"},
        404: {"model": ProblemShape, "description": "no such thing, or not yours to see"},
    },
)
for _room in (health, district, alerts, orders, figures):
    _v1.include_router(_room.router)
router.include_router(_v1)
router.include_router(page.router)
router.include_router(metrics.router)
