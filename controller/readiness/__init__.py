"""Whether the rooms of a school will work when the first bell rings."""
