"""四、工程品質查核 Construction quality."""
