"""The addresses of the whole house."""

from django.urls import URLPattern, URLResolver, include, path

from . import feeds, health, hook_pages, open_data, outside_pages, permission_pages, receipts

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("checkpoints/", health.checkpoints, name="checkpoints"),
    path("checkpoints/key.pem", health.checkpoint_key, name="checkpoint_key"),
    path("checkpoints/<str:day>.json", health.checkpoint_file, name="checkpoint_file"),
    path("receipts/sms/", receipts.sms, name="receipts_sms"),
    path("accounts/", include("yankao.site.account_urls")),
    path("api/", include("yankao.api.urls")),
    path("open311/", include("yankao.api.open311.urls")),
    path("office/outside/", outside_pages.outside, name="office_outside"),
    path("office/outside/<int:pk>/end", outside_pages.end_client, name="office_end_client"),
    path("office/hooks/", hook_pages.hooks, name="office_hooks"),
    path("office/hooks/again", hook_pages.send_again, name="office_send_again"),
    path("office/hooks/<int:pk>/end", hook_pages.end_hook, name="office_end_hook"),
    path("office/permissions/", permission_pages.matrix, name="office_permissions"),
    path(
        "office/permissions/export.<str:form>", permission_pages.matrix_file, name="office_permissions_export"
    ),
    path("open-data/", open_data.page, name="open_data"),
    path("open-data/catalogue.jsonld", open_data.catalogue_file, name="open_data_catalogue"),
    path("open-data/<slug:code>.<str:form>", open_data.file, name="open_data_file"),
    path("feeds/reports.atom", feeds.reports, name="reports_feed"),
    path("feeds/<str:token>/deadlines.ics", feeds.deadlines, name="deadlines_feed"),
    path("counter/", include("yankao.counter.urls")),
    path("", include("yankao.desk.room_urls")),
    path("", include("yankao.desk.urls")),
    path("", include("yankao.report.urls")),
]

handler400 = "yankao.desk.errors.bad_request"
handler403 = "yankao.desk.errors.forbidden"
handler404 = "yankao.desk.errors.not_found"
handler500 = "yankao.desk.errors.server_error"
