"""The exchange: a hub service that keeps what is released, handed in and given back (docs/exchange.md)."""
