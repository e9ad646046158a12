"""Templates see the environment's words and their own."""

from __future__ import annotations

from jinja2 import DictLoader

from yankao.kernel.texts import TextEnvironment


def test_a_template_s_own_words_stand_before_the_environment_s_and_reach_no_other() -> None:
    env = TextEnvironment(
        loader=DictLoader({"a": "{{ city }}{{ year }}", "b": "{{ city }}{% include 'a' %}"})
    )
    env.globals.update(city="高雄", year=101)
    assert env.get_template("a", globals={"year": 102}).render() == "高雄102"
    assert env.from_string("{{ city }}{{ year }}").render(city="鳳山") == "鳳山101"
    assert env.get_template("b").render() == "高雄高雄101"
    assert env.globals["year"] == 101


def test_rendering_does_not_walk_through_the_globals() -> None:
    template = TextEnvironment().from_string("{{ word }}")
    assert type(template.globals) is dict
    assert template.render(word="水利局") == "水利局"
