"""The measurements can be made, and their table says truly what is held and what is missed."""
