"""Addresses of the case half: a case and what is done to it; opening, board and import of a room."""

from django.urls import URLPattern, URLResolver, path

from .amending import amend
from .board import board
from .case import give_evidence, show_case, show_clock, show_ledger
from .handling import assign, comment, follow, link
from .importing import import_rows, records_file, refused_file, sample_file
from .moves import make_move
from .opening import open_case

cases: list[URLPattern | URLResolver] = [
    path("cases/<int:pk>/", show_case, name="case"),
    path("cases/<int:pk>/moves/<str:name>/", make_move, name="move"),
    path("cases/<int:pk>/amend/", amend, name="amend"),
    path("cases/<int:pk>/assign/", assign, name="assign"),
    path("cases/<int:pk>/comment", comment, name="comment"),
    path("cases/<int:pk>/follow", follow, name="follow"),
    path("cases/<int:pk>/link/", link, name="link"),
    path("cases/<int:pk>/ledger/", show_ledger, name="ledger"),
    path("cases/<int:pk>/clocks/<int:clock_pk>/", show_clock, name="clock"),
    path("cases/<int:pk>/evidence/<int:evidence_pk>/", give_evidence, name="evidence"),
    path("rooms/<str:room>/new/", open_case, name="open"),
    path("rooms/<str:room>/board/", board, name="board"),
    path("rooms/<str:room>/import/", import_rows, name="import"),
    path("rooms/<str:room>/import/<str:code>/sample.<str:form>", sample_file, name="import_sample"),
    path("rooms/<str:room>/import/<str:code>/records.<str:form>", records_file, name="import_records"),
    path(
        "rooms/<str:room>/import/<str:code>/<str:key>/refused.<str:form>", refused_file, name="import_refused"
    ),
]
