from __future__ import annotations

import random

import pytest

from workstation.models.sharded_dict import ShardedDict


@pytest.mark.parametrize("seed", range(5))
def test_it_is_a_dictionary(seed: int) -> None:
    chance, plain, wide = random.Random(seed), dict[object, int](), ShardedDict[object, int]()
    for value in range(20_000):
        key = chance.choice([chance.randrange(3000), f"1.2.{chance.randrange(3000)}"])
        act = chance.randrange(7)
        if act == 0:
            plain[key] = wide[key] = value
        elif act == 1:
            assert wide.setdefault(key, value) == plain.setdefault(key, value)
        elif act == 2:
            assert wide.pop(key) == plain.pop(key, None)
        elif act == 3:
            some = {value: value, f"{value}": value}
            plain.update(some)
            wide.update(some)
        elif key in plain:
            assert key in wide
            assert wide[key] == wide.get(key) == plain[key]
            if act == 4:
                del wide[key], plain[key]
        else:
            assert key not in wide
            assert wide.get(key) is None
            for ask in (wide.__getitem__, wide.__delitem__):
                with pytest.raises(KeyError):
                    ask(key)
    assert len(wide) == len(plain)
    assert sorted(wide.values()) == sorted(plain.values())


def test_no_part_grows_large_and_they_do_not_grow_together() -> None:
    wide = ShardedDict[int, int]()
    for number in range(100_000):
        wide[number] = number
    sizes = [len(part) for part in wide.parts]
    assert max(sizes) < 2 * 100_000 / len(sizes)
    assert max(sizes) - min(sizes) > 20
