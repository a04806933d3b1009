"""What a model is told between its attempts: modes, slices of tests, and an expert that edits.

Place in the flow: a domain describes an attempt as an `Attempt`, `Feedback.tell` words it in the
mode of its `ExternalSettings`, and the words are the next message that the model reads.

What it does not do: no judging, no rewards; it sees only what the domain shows it.
"""
