"""What commands beside a running controller ask of it: a socket in `data_dir`, for whoever owns that folder."""
