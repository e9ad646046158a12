"""SQLite for a whole city: durable, with a fair queue of writers. `ENGINE = "yankao.kernel.sqlite"`."""
