"""The domains: each package here that has a `build` is one; `load_domain` finds it by name."""
