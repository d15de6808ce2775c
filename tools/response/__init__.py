"""Response: emphysema of a known extent drawn into real lungs, and what scores make of it."""
