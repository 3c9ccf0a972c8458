"""The shared vocabulary: what travels on the wire, stands in a device profile or is configured alike on both sides.

Imports neither `agent` nor `controller`; both import it. Read it whole, it is small:
`ids` and `topics` (who speaks where), `metrics` (what can be measured), `samples` (samples, facts, events: what is said),
`wire` (how it is packed), `delivery` (what both sides agree on beyond that), `document` (how YAML is read strictly),
`secret` and `tls` (how both sides sign in and dial), `errors` (how things go wrong). `spec` publishes all of it as the
district's data-access specification.
"""
