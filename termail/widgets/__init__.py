"""Line-API widgets: long lists and mail text, a status bar, a prompt; none of them does IO."""
