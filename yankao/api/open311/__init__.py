"""Open311 GeoReport v2: services, reports and their steps, for other cities' sites and apps, in XML and JSON.

What is served comes from the rooms (`open311.py`, see `yankao.kernel.service_requests`). Reading needs no
key; sending needs the key of a client the administrator keeps. `servicerequestupdates` is mySociety's
extension. Source: GeoReport v2 as published by the Open311 initiative.
"""
