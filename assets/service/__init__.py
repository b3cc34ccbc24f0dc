"""What the outside may tell us over HTTP: people who want less or nothing, and providers who report."""
