"""Cases 担保业务: from the application to the release, or to the compensation and what is recovered."""
