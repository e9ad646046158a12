"""Addresses of the desk, mounted at the root of the site. Each part keeps its own plain list."""

from django.urls import URLPattern, URLResolver, path

from yankao.kernel.letters.verify import PATH

from .again import again
from .bulk import bulk
from .case_urls import cases
from .export import export_list, export_work
from .guide import guide, guide_commands, guide_figure
from .home import home
from .inbox import handle_notices, inbox, open_notice
from .journals import handle_letter, journal, journals, letter, read_again
from .letter_writing import case_letter, room_letter, room_letters
from .letters import letter as show_letter
from .letters import letter_file, letters_export, letters_sent, letters_zip
from .letters_received import urls as received
from .lists import show_list
from .office import office
from .office_calendar import calendar, closures, take_edition
from .office_ledger import looks as show_looks
from .office_ledger import show_ledger, verify
from .office_letters import letter_series
from .office_messages import messages, send_again, send_all_again
from .office_people import agency, deputies, end_deputy, end_post, people
from .office_retention import act, propose, retention
from .office_rules import rule, rules
from .palette import palette
from .preferences import preferences
from .reviewers import urls as reviewers
from .reviews import urls as reviews
from .verifying import verify_code
from .views import handle_view, view_new, views
from .worklist import show_work

app_name = "desk"

looks: list[URLPattern | URLResolver] = [
    path("desk/preferences", preferences, name="preferences"),
    path("desk/guide", guide, name="guide"),
    path("desk/guide/commands", guide_commands, name="guide_commands"),
    path("desk/guide/figure", guide_figure, name="guide_figure"),
]

lists: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("work/", show_work, name="work"),
    path("work/export.<str:form>", export_work, name="work_export"),
    path("rooms/<str:room>/", show_list, name="list"),
    path("rooms/<str:room>/export.<str:form>", export_list, name="export"),
    path("bulk/", bulk, name="bulk"),
    path("again/", again, name="again"),
    path("palette/", palette, name="palette"),
    path("palette/", palette, name="commands"),
    path("palette/", palette, name="find"),
    path("inbox/", inbox, name="inbox"),
    path("inbox/handle", handle_notices, name="inbox_handle"),
    path("inbox/<int:pk>/", open_notice, name="inbox_open"),
    path("views/", views, name="views"),
    path("views/new", view_new, name="view_new"),
    path("views/<int:pk>", handle_view, name="view"),
]

documents: list[URLPattern | URLResolver] = [
    path("letters/", letters_sent, name="letters"),
    path("letters/export.<str:form>", letters_export, name="letters_export"),
    path("letters/batch/<str:batch>.zip", letters_zip, name="letters_zip"),
    path("letters/<int:pk>/", show_letter, name="letter"),
    path("letters/<int:pk>/file.<str:form>", letter_file, name="letter_file"),
    path("cases/<int:pk>/letters/<str:name>/", case_letter, name="case_letter"),
    path("rooms/<str:room>/letters/", room_letters, name="room_letters"),
    path("rooms/<str:room>/letters/<str:name>/", room_letter, name="room_letter"),
    path(PATH, verify_code, name="verify"),
    path(f"{PATH}<str:code>/", verify_code, name="verify_code"),
    path("office/letters/", letter_series, name="office_letters"),
]

offices: list[URLPattern | URLResolver] = [
    path("office/", office, name="office"),
    path("office/rules/", rules, name="office_rules"),
    path("office/rules/<str:code>/", rule, name="office_rule"),
    path("office/calendar/", calendar, name="office_calendar"),
    path("office/calendar/import/", take_edition, name="office_edition"),
    path("office/calendar/closures/", closures, name="office_closures"),
    path("office/people/", people, name="office_people"),
    path("office/people/deputies/", deputies, name="office_deputies"),
    path("office/people/deputies/<int:pk>/end", end_deputy, name="office_end_deputy"),
    path("office/people/posts/<int:pk>/end", end_post, name="office_end_post"),
    path("office/people/agencies/<str:code>/", agency, name="office_agency"),
    path("office/ledger/", show_ledger, name="office_ledger"),
    path("office/ledger/verify", verify, name="office_verify"),
    path("office/looks/", show_looks, name="office_looks"),
    path("office/messages/", messages, name="office_messages"),
    path("office/messages/<uuid:pk>/again", send_again, name="office_message_again"),
    path("office/messages/all/<str:state>/again", send_all_again, name="office_messages_again"),
    path("office/retention/", retention, name="office_retention"),
    path("office/retention/<str:retention>/propose", propose, name="office_retention_propose"),
    path("office/retention/<int:pk>/<str:deed>", act, name="office_retention_act"),
    path("office/journals/", journals, name="office_journals"),
    path("office/journals/<str:name>/", journal, name="office_journal"),
    path("office/journals/<str:name>/again", read_again, name="office_journal_again"),
    path("office/journals/letters/<int:pk>/", letter, name="office_letter"),
    path("office/journals/letters/<int:pk>/<str:act>", handle_letter, name="office_letter_act"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *lists, *cases, *looks, *received, *documents, *offices, *reviewers, *reviews,
]  # fmt: skip
