"""The district's own lines and exchanges: brokers of the centre and of each school, and the fibre between them."""
