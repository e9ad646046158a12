"""英語生活環境 English-friendly environment.

The city's bilingual names, service badges and the committee that looks after them (functional spec R9).
This room keeps the register of names: an agency proposes the English of a place, road, landmark, agency or
title; the commission reviews it, the city meeting decides, the approved name is in force from its day and
the agencies are told. At any date one Chinese name of a category has one approved English name; a change
ends the old name the day before, and keeps it as an alias. The names in force drive the platform's own
English pages and the translation of addresses. The committee's members, meetings and resolutions stand
beside it. Badges (`badges`) and reports of wrong signs (`signs`) are rooms of this system in its folder.
"""
