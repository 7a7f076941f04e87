"""The cases of gradients_against_pytorch.py, a row of its table each: what ours computes, what PyTorch computes."""

from gradient_cases import layers, losses, operations
from gradient_cases.table import ROWS, Case

__all__ = ["ROWS", "Case", "layers", "losses", "operations"]
