"""The engine port and its adapters. Import an adapter by its own module."""
