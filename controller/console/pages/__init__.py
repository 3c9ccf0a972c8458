"""One file per page; each gives a router of its own. They ask services, arrange, and render; they decide nothing."""
