"""YAML only; read by `workers.runtime.settings`."""
