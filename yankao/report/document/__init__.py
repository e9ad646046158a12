"""One neutral block model of a report and its outputs: HTML, ODT, PDF, facts.json, tables, and the
package of an edition.

Plain Python without Django models. The report room fills a `Report` and its `Facts`; every output is made
from these two alone and depends on nothing else (no clock, no locale, no database), so that an edition
that was stored with `to_dict` gives the same bytes again.
"""
