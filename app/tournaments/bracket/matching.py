"""Maximum matchings in a graph that loses edges: Edmonds' blossom algorithm.

J. Edmonds, "Paths, trees, and flowers", Canadian Journal of Mathematics 17 (1965). Vertices count
from 0. A set of them is an int with their bits, so that a whole neighbourhood costs one operation.
"""

from collections.abc import Iterable, Iterator
from typing import Self

ALONE = -1


def lowest(vertices: int) -> int:
    return (vertices & -vertices).bit_length() - 1


def bits(vertices: int) -> Iterator[int]:
    while vertices:
        v = lowest(vertices)
        yield v
        vertices ^= 1 << v


def bitmask(vertices: Iterable[int]) -> int:
    mask = 0
    for v in vertices:
        mask |= 1 << v
    return mask


class Matching:
    """A maximum matching, which it stays while edges and vertices are taken from the graph.

    `neighbours` holds each vertex's neighbours, and is symmetric; `mates` holds whom each is
    matched with, or ALONE. Those that are `alone` could be matched with nobody.
    """

    def __init__(self, neighbours: Iterable[int]) -> None:
        self.neighbours = list(neighbours)
        self.mates = [ALONE] * len(self.neighbours)
        self.alone = self.left = (1 << len(self.neighbours)) - 1
        for v in range(len(self.neighbours)):
            if self.mates[v] == ALONE:
                self._augment(v)

    def copy(self) -> Self:
        twin = object.__new__(type(self))
        twin.neighbours = self.neighbours.copy()
        twin.mates = self.mates.copy()
        twin.alone = self.alone
        twin.left = self.left
        return twin

    # The next three answer whether they did it. They do not if that would cost the matching a pair;
    # the first two need one in which nobody is alone.

    def limit(self, v: int, allowed: int) -> bool:
        """Take the edges of a vertex to all but these."""
        mate = self.mates[v]
        lost = self.neighbours[v] & self.left & ~allowed
        self._toggle(v, lost)
        if not lost >> mate & 1:
            return True
        self._part(v, mate)
        if self._augment(v):
            return True
        self._toggle(v, lost)
        self._join(v, mate)
        return False

    def fix(self, v: int, w: int) -> bool:
        """Take two neighbours out as a pair."""
        a, b = self.mates[v], self.mates[w]
        self._part(v, a)
        self._part(w, b)
        self._join(v, w)
        self.left &= ~(1 << v | 1 << w)
        if a == w or self._augment(a):
            return True
        self.left |= 1 << v | 1 << w
        self._join(v, a)
        self._join(w, b)
        return False

    def spare(self, v: int) -> bool:
        """Take a vertex out."""
        mate = self.mates[v]
        self.drop(v)
        if mate == ALONE or self.mates[mate] != ALONE:
            return True
        self.left |= 1 << v
        self._join(v, mate)
        return False

    def drop(self, v: int) -> None:
        """Take a vertex out, whatever that costs."""
        mate = self.mates[v]
        if mate != ALONE:
            self._part(v, mate)
        self.alone &= ~(1 << v)
        self.left &= ~(1 << v)
        if mate != ALONE:
            self._augment(mate)

    def _toggle(self, v: int, others: int) -> None:
        self.neighbours[v] ^= others
        for w in bits(others):
            self.neighbours[w] ^= 1 << v

    def _join(self, v: int, w: int) -> None:
        self.mates[v], self.mates[w] = w, v
        self.alone &= ~(1 << v | 1 << w)

    def _part(self, v: int, w: int) -> None:
        self.mates[v] = self.mates[w] = ALONE
        self.alone |= 1 << v | 1 << w

    def _augment(self, root: int) -> bool:
        """Match this lone vertex by a path to another one that is alone, if there is any."""
        tree = _Tree(self, root)
        others = self.alone & ~(1 << root)
        for v in tree.grow():
            if found := self.neighbours[v] & others:
                w = lowest(found)
                self.alone &= ~(1 << root | 1 << w)
                tree.flip(v, w)
                return True
        return False


class _Tree:
    """Where the alternating paths from a lone vertex lead.

    A vertex is even if such a path of even length ends at it: the next edge may leave from there.
    A blossom is an odd cycle of paths, all of whose vertices are even; its base is where its stem
    comes in.
    """

    def __init__(self, matching: Matching, root: int) -> None:
        self.neighbours = matching.neighbours
        self.mates = matching.mates
        self.parents: dict[int, int] = {}
        self.bases = list(range(len(self.mates)))
        self.blossoms: dict[int, int] = {}
        self.evens = [root]
        self.even = 1 << root
        self.reached = self.even | ~matching.left

    def grow(self) -> Iterator[int]:
        """Answer the even vertices, one by one."""
        evens = self.evens
        yield evens[0]
        extended = closed = 0
        while closed < len(evens):
            # Blossoms cost more than branches, and seldom is one needed.
            if extended < len(evens):
                yield from self._extend(evens[extended])
                extended += 1
            elif rest := self._across(evens[closed]):
                yield from self._contract(evens[closed], lowest(rest))
            else:
                closed += 1

    def flip(self, v: int, w: int) -> None:
        """Match `v` with `w`, and along the path back to the root all others anew."""
        while True:
            left = self.mates[v]
            self.mates[v], self.mates[w] = w, v
            if left == ALONE:
                return
            v, w = self.parents[left], left

    def _extend(self, v: int) -> Iterator[int]:
        while fresh := self.neighbours[v] & ~self.reached:
            w = lowest(fresh)
            mate = self.mates[w]
            self.parents[w] = v
            self.reached |= 1 << w | 1 << mate
            self.even |= 1 << mate
            self.evens.append(mate)
            yield mate

    def _across(self, v: int) -> int:
        """The even neighbours outside of the blossom of `v`: each closes another."""
        return self.neighbours[v] & self.even & ~self._blossom(self.bases[v])

    def _contract(self, v: int, w: int) -> Iterator[int]:
        """Make one blossom of the cycle that the edge between these two even vertices closes."""
        stem = set(self._stem(v))
        base = next(u for u in self._stem(w) if u in stem)
        inside = self._side(v, w, base) | self._side(w, v, base)
        for u in bits(inside):
            self.bases[u] = base
        self.blossoms[base] = self._blossom(base) | inside
        turned = list(bits(inside & ~self.even))
        self.even |= inside
        self.evens += turned
        yield from turned

    def _blossom(self, base: int) -> int:
        return self.blossoms.get(base, 1 << base)

    def _stem(self, v: int) -> Iterator[int]:
        """The bases on the way from an even vertex to the root."""
        while True:
            v = self.bases[v]
            yield v
            if self.mates[v] == ALONE:
                return
            v = self.parents[self.mates[v]]

    def _side(self, v: int, w: int, base: int) -> int:
        """The vertices between `v` and the base, all of which can be come to by way of `w` now."""
        side = 0
        while self.bases[v] != base:
            mate = self.mates[v]
            side |= self._blossom(self.bases[v]) | self._blossom(self.bases[mate])
            self.parents[v] = w
            v, w = self.parents[mate], mate
        return side
