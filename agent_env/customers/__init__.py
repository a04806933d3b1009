"""Customers: who the agent talks to, scripted or played by a model."""
