"""What the centre knows and no device measures, as ordinary series: once a minute, some of it once an hour.

Reads what other rooms say, so that a panel and a page show the same number; judges nothing and keeps nothing but the last
counters. The names of the series stand in `campus/catalogue/centre.yaml`.
"""
