"""Parts of every review (functional spec D7, D16): scores, bands, ranks, and who may sit on a panel."""
