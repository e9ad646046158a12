"""Addresses of the report and its figures, mounted at the root of the site."""

from django.urls import URLPattern, URLResolver, path

from . import desk, figure_pages, pages, work

app_name = "report"

reading: list[URLPattern | URLResolver] = [
    path("report/", pages.home, name="home"),
    path("report/<str:period>/", pages.live, name="live"),
    path("report/<str:period>/report.<str:form>", pages.live_file, name="live_file"),
    path("report/<str:period>/checks/", work.checks_page, name="checks"),
    path("report/<str:period>/open/", desk.open_page, name="open"),
    path("report/<str:period>/<int:number>/", pages.edition_page, name="edition"),
    path("report/<str:period>/<int:number>/report.<str:form>", pages.edition_file, name="edition_file"),
    path("report/<str:period>/<int:number>/checks/", work.checks_page, name="edition_checks"),
    path("report/<str:period>/<int:number>/drift/", work.drift_page, name="drift"),
    path("report/<str:period>/<int:number>/compare/", work.compare_page, name="compare"),
    path("report/<str:period>/<int:number>/desk/", desk.desk_page, name="desk"),
    path("report/<str:period>/<int:number>/desk/<str:key>/", desk.section_page, name="section"),
    path("report/<str:period>/<int:number>/step/", desk.take_step, name="step"),
]
figures: list[URLPattern | URLResolver] = [
    path("figures/", figure_pages.figures_page, name="figures"),
    path("figures/<str:name>/<str:period>/", figure_pages.figure_page, name="figure"),
    path("figures/<str:name>/<str:period>/card/", figure_pages.card, name="card"),
    path("figures/<str:name>/<str:period>/computation/", figure_pages.computation, name="computation"),
    path(
        "figures/<str:name>/<str:period>/records.<str:form>", figure_pages.figure_export, name="figure_export"
    ),
    path("f/<str:fact>", figure_pages.fact_page, name="fact"),
]
urlpatterns: list[URLPattern | URLResolver] = [*reading, *figures]
