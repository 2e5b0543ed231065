"""Whether tokens can get stuck or run double: every scope is played through as a token game, as far as a bound allows.

Conditions are not judged, so what is found can happen as far as the drawing says, and is a warning. What is found is certain in that
sense; where the bound is reached, nothing more is said. A non-interrupting boundary event is taken never to occur, since nothing may
depend on it. Source: the soundness of workflow nets (van der Aalst, 1997): no dead transition marking, one token a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.core.bpmn.finding import warning
from engine.core.bpmn.model import ACTIVITIES, Kind, Node, Process, Scope
from engine.core.problems import Problem

MOST_MOVES = 10_000
_MOST_BRANCHES = 5  # of a split that may take any of its flows: 31 ways
Marking = frozenset[str]  # the places with a token: sequence flows, and "@node" for a token that comes to a node by none
_ONE_OF = frozenset({Kind.EXCLUSIVE_GATEWAY, Kind.EVENT_BASED_GATEWAY})
_JOINS = frozenset({Kind.PARALLEL_GATEWAY, Kind.INCLUSIVE_GATEWAY})
_ENDS_SCOPE = frozenset({"terminate", "error", "cancel"})


def check_soundness(process: Process) -> Iterator[Problem]:
    """A warning for every join that may wait for ever and every node that may be reached twice where once is meant."""
    for scope in process.scopes.values():
        nodes = [process.nodes[id_] for id_ in scope.nodes]
        branches = any(node.kind is Kind.PARALLEL_GATEWAY or len(node.outgoing) > 1 for node in nodes)
        if not branches or any(map(_is_beyond, nodes)):
            continue
        yield from _Game(process, scope).play()


def _is_beyond(node: Node) -> bool:
    return (
        node.kind is Kind.COMPLEX_GATEWAY
        or (node.start_quantity, node.completion_quantity) != (1, 1)
        or (node.kind not in _ONE_OF and node.kind is not Kind.PARALLEL_GATEWAY and len(node.outgoing) > _MOST_BRANCHES)
    )


class _Game:
    """The token game of one scope."""

    def __init__(self, process: Process, scope: Scope) -> None:
        self.process, self.scope = process, scope
        self.ahead: dict[str, str] = {}
        self.found: dict[tuple[str, str], Problem] = {}

    def play(self) -> Iterator[Problem]:
        waiting = [frozenset({self._far(f"@{id_}")}) for id_ in self._starts()]
        seen = set(waiting)
        moves = 0
        while waiting and moves < MOST_MOVES:
            marking = waiting.pop()
            for follower in self._moves(marking):
                moves += 1
                if follower not in seen:
                    seen.add(follower)
                    waiting.append(follower)
        yield from self.found.values()

    def _starts(self) -> list[str]:
        nodes = [self.process.nodes[id_] for id_ in self.scope.nodes]
        starts = [node.id for node in nodes if node.kind is Kind.START_EVENT or node.instantiate]
        return starts or ([] if len(self.scope.starts) != 1 else list(self.scope.starts))

    def _moves(self, marking: Marking) -> Iterator[Marking]:
        moved = False
        for place in sorted(marking):
            node = self._target(place)
            used = self._consumed(node, place, marking)
            if used is None:
                continue
            moved = True
            if any(event.kind in _ENDS_SCOPE for event in node.events) and node.kind is Kind.END_EVENT:
                yield frozenset()
                continue
            for way in self._ways(node):
                made = [self._far(place_) for place_ in way]
                rest = marking - used
                double = [place_ for place_ in made if place_ in rest or made.count(place_) > 1]
                for place_ in double:
                    self._report("path_may_double", self._target(place_))
                if not double:
                    yield rest | frozenset(made)
        if not moved:
            for place in marking:
                self._report("join_may_wait", self._target(place))

    def _consumed(self, node: Node, place: str, marking: Marking) -> Marking | None:
        """The places that `node` takes a token from when it goes on now; None: it waits."""
        if node.kind not in _JOINS or len(node.incoming) < 2:
            return frozenset({place})
        arrived = marking & frozenset(node.incoming)
        if node.kind is Kind.PARALLEL_GATEWAY:
            return arrived if len(arrived) == len(node.incoming) else None
        # An inclusive join goes on when nothing else can move; that misses no deadlock and no double path of its own.
        others = [other for other in marking - arrived if self._target(other).id != node.id and self._can_move(other, marking)]
        return None if others else arrived

    def _can_move(self, place: str, marking: Marking) -> bool:
        node = self._target(place)
        if node.kind is Kind.INCLUSIVE_GATEWAY and len(node.incoming) > 1:
            return False
        return self._consumed(node, place, marking) is not None

    def _ways(self, node: Node) -> Iterator[list[str]]:
        """The ways in which a token can leave a node: each a list of places."""
        if node.kind in ACTIVITIES:
            events = (self.process.nodes[id_] for id_ in self.scope.boundary_events.get(node.id, ()))
            yield from ([f"@{event.id}"] for event in events if event.interrupting and not _compensates(event))
        flows = list(node.outgoing)
        if node.kind is Kind.INTERMEDIATE_THROW_EVENT and node.event and node.event.kind == "link" and node.event.name:
            flows = [f"@{self.scope.links[node.event.name.text]}"] if node.event.name.text in self.scope.links else []
        if node.kind in _ONE_OF and not node.parallel:
            yield from ([flow] for flow in flows)
            return
        choices = [flow for flow in flows if flow == node.default or (flow in self.process.flows and self.process.flows[flow].condition)]
        always = [flow for flow in flows if flow not in choices]
        sizes = range(0 if always or not choices else 1, len(choices) + 1)
        for size in sizes:
            for some in combinations(choices, size):
                if node.default not in some or (not always and size == 1):  # the default is for when there is nothing else
                    yield always + list(some)

    def _far(self, place: str) -> str:
        """The last place of the row of plain steps that begins with `place`: what lies between cannot go wrong."""
        passed = []
        while place not in self.ahead:
            passed.append(place)
            node = self._target(place)
            if not self._is_plain(node) or node.outgoing[0] in passed:
                self.ahead[place] = place
                break
            place = node.outgoing[0]
        for earlier in passed:
            self.ahead[earlier] = self.ahead[place]
        return self.ahead[place]

    def _is_plain(self, node: Node) -> bool:
        if len(node.outgoing) != 1 or len(node.incoming) > 1 or node.id in self.scope.boundary_events:
            return False
        return self.process.flows[node.outgoing[0]].condition is None

    def _target(self, place: str) -> Node:
        return self.process.nodes[place[1:] if place.startswith("@") else self.process.flows[place].target]

    def _report(self, code: str, node: Node) -> None:
        if code == "path_may_double" and node.kind is Kind.END_EVENT and not node.events:
            return  # two tokens that both end do no harm
        if code == "join_may_wait" and node.kind not in _JOINS:
            return
        self.found.setdefault((code, node.id), warning(self.process, node, code))


def _compensates(node: Node) -> bool:
    return any(event.kind == "compensation" for event in node.events)
