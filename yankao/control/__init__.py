"""三、管制考核 Control and evaluation."""
