"""The warm start of the CPU run: corpus, tokenizer, tiny model, and the training that joins them.

Place in the flow: makes the checkpoint from which reinforcement learning begins, when there is no
published model to begin from. It is made to be bad in a known way (see ``corpus.py``).
"""
