"""What is known of platforms, as data: how to recognise one and where its facts stand."""
