"""SkyRL on a machine without a GPU: worker, strategy, sampler, client and experiment."""
