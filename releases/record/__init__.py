"""What watchers write down, and what becomes of it: looks, bodies, leases, coverage; read, bundled, erased."""
