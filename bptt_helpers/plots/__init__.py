"""Pictures that sliders move: a module each, with the record that it shows and two functions.

draw(fig, record) -> artists    once: axes, labels, and every artist that will ever move
update(artists, record)         per move: set data, and limits only where they change

Each record ends in ``sentence``: the same picture in words and numbers.
"""
