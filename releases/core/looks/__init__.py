"""How a release is looked at: when, how often, how hard one host may be asked, and what one look brings back."""
