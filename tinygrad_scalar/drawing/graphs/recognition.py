"""What a node is called, from what it is connected to: the forward pass labels nothing.

A network's parameters carry the text's names, w_{i,j}^{(ℓ)} and b_i^{(ℓ)}. So a Σ over products with the w_{i,j}^{(ℓ)}
of one neuron and its b_i^{(ℓ)} is z_i^{(ℓ)}; what those weights multiply is x_j, or the a_j of the z it comes from. In
a student's own graph labels with a common prefix, `encoder.w` and `encoder.b`, make a group with all between them.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...activations import ACTIVATIONS
from ...value import CONSTANT, Value
from ..text.notation import Name, parse
from .cards import Group

PREFIX = re.compile(r"((?:[^\W\d]\w*)(?:[./]\w+){0,2})[./]([^./\s]\S*)")

Children = dict[Value, list[Value]]


class Neuron(NamedTuple):
    """Which neuron, as the labels say: its layer and its place there, empty where a layer or a neuron stands alone."""

    layer: str
    i: str

    @property
    def group(self) -> Group:
        """The clusters it is drawn in."""
        layer = (f"layer {self.layer}",) if self.layer else ()
        return *layer, f"neuron {self.i}".strip()

    def name(self, letter: str) -> Name:
        """Its z, a, b or δ."""
        return Name(letter, self.i, f"({self.layer})" if self.layer else "")


class Product(NamedTuple):
    """A weight times an input, w_{i,j} x_j, as a neuron makes it."""

    node: Value
    w: Value
    x: Value
    neuron: Neuron
    j: str


@dataclass
class Recognised:
    """Of the nodes of a graph: the factors of the name, the role, the group; and which are a z or an a, and whose."""

    names: dict[Value, tuple[Name, ...]] = field(default_factory=dict)
    roles: dict[Value, str] = field(default_factory=dict)
    groups: dict[Value, Group] = field(default_factory=dict)
    z: dict[Value, Neuron] = field(default_factory=dict)
    a: dict[Value, Neuron] = field(default_factory=dict)
    x: dict[Value, None] = field(
        default_factory=dict
    )  # the leaves that the first layer weighs, in the order of its weights

    def add(self, node: Value, role: str, group: Group, *names: Name) -> None:
        """Give the node a role, a group and, unless its label says one, a name."""
        self.roles[node] = role
        if group:
            self.groups.setdefault(node, group)
        if names:
            self.names.setdefault(node, names)

    def is_bias(self, node: Value) -> bool:
        """Whether a parameter is a bias."""
        return self.names[node][0].letter == "b"


def recognise(nodes: Sequence[Value]) -> Recognised:
    """Names, roles and groups of the nodes of a graph, given in the order of the forward pass, the result last."""
    found, children = Recognised(), children_of(nodes)
    for node in nodes:
        leaf = "constant" if node.op == CONSTANT and not node.label else "input"
        found.roles[node] = "operation" if node.parents else leaf
        if node.label:
            found.names[node] = (parse(node.label),)
    if nodes[-1].parents:
        found.roles[nodes[-1]] = "result"
    for node in nodes:
        if node.op == "total":
            _neuron(node, found)
    _outputs(children, found)
    _prefixes(nodes, children, found)
    for node in nodes:
        around = {found.groups.get(child, ()) for child in children[node]}
        if found.roles[node] == "constant" and len(around) == 1 and (group := around.pop()):
            found.groups[node] = group
    return found


def children_of(nodes: Sequence[Value]) -> Children:
    """Which nodes each node goes into, once each."""
    children: Children = {node: [] for node in nodes}
    for node in nodes:
        for parent in dict.fromkeys(node.parents):
            if parent in children:
                children[parent].append(node)
    return children


def _parameter(node: Value) -> tuple[str, Neuron, str] | None:
    """What the labels of `nn` say: a letter w or b, its neuron, and j for a weight."""
    name = parse(node.label)
    if node.parents or not name.math or not re.fullmatch(r"(\(\w+\))?", name.sup):
        return None
    layer = name.sup.strip("()")
    if name.letter == "w" and (numbers := re.fullmatch(r"(?:(\w+),)?(\w+)", name.sub)):
        return "w", Neuron(layer, numbers[1] or ""), numbers[2]
    if name.letter == "b" and re.fullmatch(r"\w*", name.sub):
        return "b", Neuron(layer, name.sub), ""
    return None


def product_of(node: Value) -> Product | None:
    """What a × multiplies, if that is a neuron's weight and its input."""
    if node.op == "mul":
        for w, x in (node.parents, node.parents[::-1]):
            if (known := _parameter(w)) and known[0] == "w":
                return Product(node, w, x, known[1], known[2])
    return None


def _neuron(z: Value, found: Recognised) -> None:
    """Name z and what it is made of, if it is a Σ of one neuron's products and its bias."""
    *inner, b = z.parents
    products = [product for node in inner if (product := product_of(node))]
    bias = _parameter(b)
    if (
        not products
        or len(products) < len(inner)
        or not bias
        or {p.neuron for p in products} != {bias[1]}
        or bias[0] != "b"
    ):
        return
    neuron = bias[1]
    for product in products:
        _input(product, found)
        found.add(product.w, "parameter", neuron.group)
        names = (*found.names[product.w], *found.names.get(product.x, ()))
        found.add(product.node, "operation", neuron.group, *(names if product.x in found.names else ()))
    found.add(b, "parameter", neuron.group)
    found.add(z, "z", neuron.group, neuron.name("z"))
    found.z[z] = neuron


def _input(product: Product, found: Recognised) -> None:
    """What a weight multiplies: an x, or the a of a neuron before (its z, where it does not bend)."""
    x = product.x
    if not x.parents:
        found.add(x, "input", (), Name("x", product.j))
        found.x[x] = None
    elif len(x.parents) == 1 and x.parents[0] in found.z:
        neuron = found.z[x.parents[0]]
        found.add(x, "a", neuron.group, neuron.name("a"))
        found.a[x] = neuron


def _outputs(children: Children, found: Recognised) -> None:
    """The a of the last layer: what all of its z go into, and nothing else, by one activation; or its softmax."""
    layers: dict[str, list[Value]] = defaultdict(list)
    for z, neuron in found.z.items():
        layers[neuron.layer].append(z)
    for layer in layers.values():
        bent = [children[z][0] for z in layer if len(children[z]) == 1]
        if len(bent) == len(layer) and len({node.op for node in bent}) == 1 and bent[0].op in ACTIVATIONS:
            for z, a in zip(layer, bent, strict=True):
                found.add(a, "a", found.z[z].group, found.z[z].name("a"))
                found.a[a] = found.z[z]
        for z in layer:
            _softmax(z, children, found)


def _softmax(z: Value, children: Children, found: Recognised) -> None:
    """a_k = exp(z_k − lse(z)): its nodes belong to the layer, for they need all of its z."""
    for less in children[z]:
        if less.op == "sub" and less.parents[0] is z and less.parents[1].op == "logsumexp":
            neuron = found.z[z]
            for node in (less.parents[1], less):
                found.add(node, "operation", neuron.group[:-1])
            for a in children[less]:
                if a.op == "exp":
                    found.add(a, "a", neuron.group[:-1], neuron.name("a"))
                    found.a[a] = neuron


def _prefixes(nodes: Sequence[Value], children: Children, found: Recognised) -> None:
    """Groups by the prefix of labels, and what lies between two nodes of a group."""
    members: dict[Group, list[tuple[Value, str]]] = defaultdict(list)
    for node in nodes:
        known = node in found.groups or node in found.x  # a column may be called petal.length
        label = None if known else PREFIX.fullmatch(node.label)
        if label:
            members[tuple(re.split("[./]", label[1]))].append((node, label[2]))
    for group, named in members.items():
        if len(named) > 1:
            for node, rest in named:
                found.groups[node], found.names[node] = group, (parse(rest),)
    if not members:
        return
    above: dict[Value, set[Group]] = {}  # the groups that a node's ancestors are in, as far as the next such ancestor
    for node in nodes:
        own = found.groups.get(node)
        above[node] = {own} if own else set().union(*(above[parent] for parent in node.parents))
    for node in reversed(nodes):
        between = above[node] & {found.groups.get(child, ()) for child in children[node]}
        if len(between) == 1 and node.parents:
            found.groups.setdefault(node, between.pop())
