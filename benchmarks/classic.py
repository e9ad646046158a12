"""The classic Django page of the same list: a ListView's habits written out, with the same columns, the same
menu and the same forms as ours.

A base template that is extended, a loop over the menu with `{% url %}`, `{% static %}`, `{% translate %}`,
`{% csrf_token %}` in each form, messages, a Paginator that counts, `select_related` rows with `|date` and
`|timeuntil`. Templates are compiled once (the cached loader), as Django does outside of debugging.
"""

# The contestants hold whole lines of page text and SQL, compared letter by letter with what a site sends.
# ruff: noqa: E501
from __future__ import annotations

from functools import cache
from typing import Any

KIND = "examples.lost_property"
SIZE = 50

BASE = """{% load i18n static %}<!doctype html>
<html lang="zh-Hant-TW" class="{{ look.classes }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{% block title %}{% endblock %} | {% translate "研考" %}</title>
<link rel="stylesheet" href="{% static 'desk/yk.css' %}"><link rel="icon" href="{% static 'desk/mark.svg' %}">
<script src="{% static 'packages/htmx/htmx.min.js' %}" nonce="{{ csp_nonce }}" defer></script>
<script src="{% static 'packages/htmx/hx-csp.min.js' %}" nonce="{{ csp_nonce }}" defer></script>
<script src="{% static 'desk/yk.js' %}" nonce="{{ csp_nonce }}" type="module"></script></head><body>
<a class="skip" href="#main">{% translate "跳到主要內容" %}</a>
<header class="bar"><a class="akey" href="#top" accesskey="U" title="{% translate "上方功能區" %}">:::</a>
<a class="brand" href="{% url 'desk:home' %}"><b>{% translate "研考" %}</b></a>
<form class="find" role="search" action="{% url 'desk:find' %}"><input type="search" name="q" aria-label="{% translate "搜尋案件、計畫、機關或指令" %}"
 placeholder="{% translate "搜尋案件、計畫、機關或指令" %}"></form>
<div class="me"><button class="btn ghost" type="button"><span class="ava">{{ user.name|slice:":1" }}</span><span class="name">{{ user }}</span></button></div></header>
<div class="pop menu" id="me-menu">{% for name, label, options in switches %}<form class="switch" method="post" action="{% url 'desk:preferences' %}">{% csrf_token %}
<input type="hidden" name="next" value="{{ request.get_full_path }}"><span>{{ label }}</span><span class="seg">{% for value, word in options %}
<button name="{{ name }}" value="{{ value }}" aria-pressed="false">{{ word }}</button>{% endfor %}</span></form>{% endfor %}
<ul><li><a href="{% url 'desk:preferences' %}">{% translate "顯示設定" %}</a></li>
<li><form method="post" action="{% url 'account_logout' %}">{% csrf_token %}<button class="plainbtn">{% translate "登出" %}</button></form></li></ul></div>
<div class="shell"><nav class="nav" id="nav" aria-label="{% translate "主選單" %}">{% for group in menu %}{% if group.label %}<h2>{{ group.label }}</h2>{% endif %}
<ul>{% for item in group.links %}<li><a href="{{ item.href }}"{% if item.href == request.path %} aria-current="page"{% endif %}>{{ item.label }}
{% if item.beside %}<span class="n">{{ item.beside }}</span>{% endif %}</a></li>{% endfor %}</ul>{% endfor %}</nav>
<main class="main" id="main"><nav class="crumbs"><ol><li><a href="{% url 'desk:home' %}">{% translate "首頁" %}</a></li><li><span aria-current="page">{% block crumb %}{% endblock %}</span></li></ol></nav>
{% for message in messages %}<div class="note {{ message.level_tag }}">{{ message }}</div>{% endfor %}
{% block content %}{% endblock %}</main></div>
<footer class="foot"><span>{% translate "研考：研究、發展、管制與考核" %}</span><ul><li><a href="{% url 'desk:preferences' %}">{% translate "顯示設定" %}</a></li></ul>
<noscript><span>{% translate "沒有JavaScript也能完成所有作業；快速鍵與即時更新則不會出現。" %}</span></noscript></footer>
<dialog class="sheet" id="palette" aria-label="{% translate "搜尋與指令" %}"><form class="dh" role="search"><input class="cmd" type="text" name="q"
 placeholder="{% translate "輸入案號、名稱、注音或指令" %}"><kbd>Esc</kbd></form><div id="hits"></div></dialog>
<dialog class="sheet" id="help"><h2>{% translate "快速鍵" %}</h2><dl class="keys">{% for key, word in keys %}<dt><kbd>{{ key }}</kbd></dt><dd>{{ word }}</dd>{% endfor %}</dl></dialog>
</body></html>"""

LIST = """{% extends "base.html" %}{% load i18n %}{% block title %}{{ heading }}{% endblock %}{% block crumb %}{{ heading }}{% endblock %}
{% block content %}<div class="head"><h1>{{ heading }}</h1><div class="act"><a class="btn" href="{% url 'desk:export' kind 'csv' %}">{% translate "匯出CSV" %}</a>
<a class="btn" href="{% url 'desk:export' kind 'ods' %}">{% translate "匯出ODS" %}</a><a class="btn primary" href="{% url 'desk:open' kind %}">{% translate "新增案件" %}</a></div></div>
<form class="narrow" method="get"><input class="input" type="search" name="find"><button class="btn" type="submit">{% translate "查詢" %}</button></form>
<div class="filters">{% for name, value in request.GET.items %}<a class="chip on" href="{{ request.path }}">{{ name }}：<b>{{ value }}</b></a>{% endfor %}</div>
<form method="post" action="{% url 'desk:bulk' %}">{% csrf_token %}<div class="card"><table class="wl pick" role="table"><caption class="vh">{{ heading }}</caption>
<thead role="rowgroup"><tr role="row"><th></th>{% for column in columns %}<th role="columnheader" scope="col">{{ column }}</th>{% endfor %}</tr></thead><tbody role="rowgroup">
{% for case in page %}<tr class="r" role="row"><td class="ck" role="cell"><label>
<input type="checkbox" name="id" value="{{ case.number }}" aria-label="{% translate "選取" %} {{ case.number }}"></label></td>
<td role="cell" class="c-subject"><a class="sub" href="{% url 'desk:case' case.pk %}">{{ case.title }}</a>
<div class="meta"><span>{{ case.number }}</span><span>{{ case.agency.name }}</span></div></td>
<td role="cell" class="lab" data-label="{% translate "拾得地點" %}">{{ case.find.place }}</td>
<td role="cell" class="date lab" data-label="{% translate "拾得日" %}">{{ case.find.found_on|date:"Y/m/d" }}</td>
<td role="cell" class="c-tag"><span class="tag {% if case.closed_on %}green{% else %}blue{% endif %}">{{ case.stage }}</span></td>
<td role="cell" class="c-due">{% if case.due_at and not case.closed_on %}<span class="due">{{ case.due_at|timeuntil }}<small>{{ case.due_at|date:"m/d H:i" }}</small></span>{% endif %}</td>
<td role="cell" class="c-person">{% if case.officer %}<span class="who"><span class="ava" aria-hidden="true">{{ case.officer.name|slice:":1" }}</span>{{ case.officer.name }}</span>{% endif %}</td>
<td role="cell" class="date lab" data-label="{% translate "立案日" %}">{{ case.opened_on|date:"Y/m/d" }}</td></tr>
{% endfor %}</tbody></table><div class="pager"><span>{{ page.start_index }}–{{ page.end_index }} / {{ page.paginator.count }}</span>
{% if page.has_previous %}<a class="btn sm" href="?page={{ page.previous_page_number }}">{% translate "上一頁" %}</a>{% endif %}
{% if page.has_next %}<a class="btn sm" href="?page={{ page.next_page_number }}">{% translate "下一頁" %}</a>{% endif %}</div></div>
<div class="bulk"><button class="btn sm">{% translate "改分派" %}</button><button class="btn sm">{% translate "催辦" %}</button></div></form>{% endblock %}"""

SWITCHES = [
    ("theme", "配色", [("auto", "系統"), ("light", "淺"), ("dark", "深")]),
    ("size", "字級", [("normal", "標準"), ("large", "125%")]),
    ("density", "清單", [("cosy", "舒適"), ("compact", "緊湊")]),
    ("language", "語言", [("zh-hant", "中文"), ("en", "English")]),
]
KEYS = [
    ("Ctrl K", "搜尋與指令"),
    ("/", "到搜尋欄"),
    ("j k", "下一筆、上一筆"),
    ("Enter", "開啟這一筆"),
    ("x", "選取這一筆"),
]
COLUMNS = ("主旨", "拾得地點", "拾得日", "階段", "期限", "承辦", "立案日")


@cache
def _template() -> Any:
    from django.template import Engine

    processors = [
        f"django.{name}"
        for name in (
            "template.context_processors.request",
            "template.context_processors.csp",
            "contrib.auth.context_processors.auth",
            "contrib.messages.context_processors.messages",
        )
    ]
    loader = (
        "django.template.loaders.cached.Loader",
        [("django.template.loaders.locmem.Loader", {"base.html": BASE, "list.html": LIST})],
    )
    libraries = {"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"}
    engine = Engine(loaders=[loader], context_processors=processors, libraries=libraries)
    return engine.get_template("list.html")


def classic(request: Any) -> Any:
    """What most Django projects do."""
    from django.core.paginator import Paginator
    from django.http import HttpResponse, HttpResponseForbidden
    from django.template import RequestContext

    from yankao.desk import nav
    from yankao.desk.preferences import look_of
    from yankao.kernel.casework.models import Case

    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    cases = Case.objects.filter(kind=KIND).select_related("agency", "officer", "district", "find")
    if code := request.GET.get("agency"):
        cases = cases.filter(agency__code=code)
    if stage := request.GET.get("stage"):
        cases = cases.filter(stage=stage)
    context = {
        "page": Paginator(cases.order_by("-opened_on", "-id"), SIZE).get_page(request.GET.get("page")),
        "heading": "拾得物招領",
        "kind": KIND,
        "look": look_of(request),
        "menu": nav.frame(request)["nav"],
        "switches": SWITCHES,
        "keys": KEYS,
        "columns": COLUMNS,
    }
    return HttpResponse(_template().render(RequestContext(request, context)))
