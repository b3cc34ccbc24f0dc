"""Landing: reads what the source systems delivered, types it, keeps what is right and puts what is wrong aside."""
