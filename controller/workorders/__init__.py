"""Work orders: from the notice of a fault to the proof of its repair, with who did what when, and what was promised."""
