"""The console: server-rendered pages over the services, for people. It decides nothing and stores nothing.

`routes.py` gathers the pages; `pages/` has one file per page; `page.py` knows the person who looks (language, theme, place);
`words/` is the catalogue of texts, `format.py` turns numbers and instants into text, `frontend/` is what the browser runs.
"""
