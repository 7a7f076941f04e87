"""What the services with pages of their own have in common: who looks, what they may see, how a page is made."""
