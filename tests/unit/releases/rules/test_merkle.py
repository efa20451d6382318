"""Merkle trees over heads of chains: roots and inclusion proofs as RFC 6962 has them."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.anchor import Head, digest_of_rows, inclusion_proof, merkle_root

HASH = "ab" * 32


def heads(count):
    return [Head(f"chain.{chr(97 + index)}", index + 1, HASH, 1, digest_of_rows([])) for index in range(count)]


def leaf(head):
    return sha256(b"\x00" + head.canonical().encode()).digest()


def node(left, right):
    return sha256(b"\x01" + left + right).digest()


def root_by_proof(head, proof):
    value = leaf(head)
    for step in proof:
        neighbour = bytes.fromhex(step.neighbour)
        value = node(neighbour, value) if step.on_left else node(value, neighbour)
    return value.hex()


def test_a_leaf_is_the_line_of_a_head():
    head = Head("releases.event", 12, HASH, 7, "cd" * 32)
    assert head.canonical() == f"releases.event 12 {HASH} 7 {'cd' * 32}"
    assert merkle_root([head]) == leaf(head).hex()


def test_the_left_side_of_a_tree_is_full():
    one, two, three, four, five = (leaf(head) for head in heads(5))
    assert merkle_root(heads(3)) == node(node(one, two), three).hex()
    assert merkle_root(heads(5)) == node(node(node(one, two), node(three, four)), five).hex()


def test_heads_are_taken_by_the_names_of_their_chains():
    assert merkle_root(reversed(heads(5))) == merkle_root(heads(5))


def test_a_tree_of_nothing_has_no_root():
    with pytest.raises(ValueError, match="at least one"):
        merkle_root([])


def test_the_digest_of_rows_is_that_of_the_lines_of_a_chain_file():
    text = f"7 {HASH} {'cd' * 32}\n8 {'cd' * 32} {HASH}\n"
    assert digest_of_rows([(7, HASH, "cd" * 32), (8, "cd" * 32, HASH)]) == sha256(text.encode()).hexdigest()


@given(st.integers(1, 26))
def test_each_head_is_proved_to_be_in_the_root_and_a_changed_one_is_not(count):
    tree = heads(count)
    for head in tree:
        proof = inclusion_proof(tree, head.chain)
        assert len(proof) <= (count - 1).bit_length()
        assert root_by_proof(head, proof) == merkle_root(tree)
        assert root_by_proof(replace(head, position=head.position + 1), proof) != merkle_root(tree)
